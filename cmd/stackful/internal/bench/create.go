package bench

import (
	"context"

	"github.com/stackful-go/stackful/internal/benchcases"
)

// benchCreate compares whole lives. All use what the ones before have left behind: stacks that
// rest, and goroutines that the runtime keeps.
func benchCreate(ctx context.Context, b *settings) ([]Result, error) {
	const goWait = "go and WaitGroup.Wait"
	r := Result{Name: "create", Unit: "ns", Figure: "median",
		About: "make one, run it and have it end, on a warm pool"}
	err := b.compare(ctx, &r, []contender{
		{"coro.New", benchcases.CreateCoroutine},
		{"stackful.New", benchcases.CreateStack},
		{"Stack.Init, used again", benchcases.CreateInit},
		{"coro.Pull of one value", benchcases.CreateCoroPull},
		{goWait, benchcases.CreateGoroutine},
		{"iter.Pull of one value", benchcases.CreateIterPull},
	}, []claim{
		{"coro.New", goWait, 12},
		{"stackful.New", goWait, 12},
		{"Stack.Init, used again", goWait, 12},
		{"coro.Pull of one value", "iter.Pull of one value", 0},
	})
	return []Result{r}, err
}

// benchThrow compares ends by an exception. A goroutine has none that comes from outside, so
// that it raises its own.
func benchThrow(ctx context.Context, b *settings) ([]Result, error) {
	const ours, bare, theirs = "coro.New, Switch, Throw", "the same, nothing deferred", "go, panic, recover, Wait"
	r := Result{Name: "throw", Unit: "ns", Figure: "median",
		About: "make one that has a deferred call pending, and end it by an exception"}
	err := b.compare(ctx, &r, []contender{
		{ours, benchcases.ThrowDeferred},
		{bare, benchcases.ThrowBare},
		{theirs, benchcases.ThrowGoroutine},
	}, []claim{{ours, theirs, 1.67}, {bare, theirs, 0}})
	return []Result{r}, err
}

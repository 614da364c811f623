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
	}, []pairing{
		{"coro.New", goWait},
		{"stackful.New", goWait},
		{"Stack.Init, used again", goWait},
		{"coro.Pull of one value", "iter.Pull of one value"},
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
	}, []pairing{{ours, theirs}, {bare, theirs}})
	return []Result{r}, err
}

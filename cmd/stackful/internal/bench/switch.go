package bench

import (
	"context"

	"github.com/stackful-go/stackful/internal/benchcases"
)

// benchSwitch compares single switches, there or back: what resumes and yields in pairs is halved.
func benchSwitch(ctx context.Context, b *settings) ([]Result, error) {
	r := Result{Name: "switch", Unit: "ns", Figure: "median",
		About: "from one to another, one way, with a value; the two have different bodies"}
	err := b.compare(ctx, &r, []contender{
		{"coro.Switch", benchcases.SwitchCoroutines},
		{"Stack.Switch", benchcases.SwitchStacks},
		{"iter.Pull, half a next()", benchcases.SwitchIterPull},
		{"runtime.Gosched", benchcases.SwitchGosched},
		{"unbuffered channel", benchcases.SwitchChannel},
	}, []pairing{
		{"coro.Switch", "iter.Pull, half a next()"},
		{"coro.Switch", "unbuffered channel"},
		{"coro.Switch", "runtime.Gosched"},
		{"Stack.Switch", "iter.Pull, half a next()"},
	})
	return []Result{r}, err
}

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
	}, []claim{
		{"coro.Switch", "iter.Pull, half a next()", 6},
		{"coro.Switch", "unbuffered channel", 30},
		{"coro.Switch", "runtime.Gosched", 0},
		{"Stack.Switch", "iter.Pull, half a next()", 8},
	})
	return []Result{r}, err
}

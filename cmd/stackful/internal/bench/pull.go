package bench

import (
	"context"

	"github.com/stackful-go/stackful/internal/benchcases"
)

// benchPull compares coro.Pull with iter.Pull for values of several kinds, since the size of a
// value, and whether it is passed in registers, decide how it is handed over.
func benchPull(ctx context.Context, b *settings) ([]Result, error) {
	r := Result{Name: "pull", Unit: "ns", Figure: "median", About: "next(), the next value of a sequence"}
	err := b.compare(ctx, &r, []contender{
		{"coro.Pull, int", benchcases.PullCoroInts},
		{"iter.Pull, int", benchcases.PullIterInts},
		{"coro.Pull, string", benchcases.PullCoroStrings},
		{"iter.Pull, string", benchcases.PullIterStrings},
		{"coro.Pull, struct of 5 words", benchcases.PullCoroEntries},
		{"iter.Pull, struct of 5 words", benchcases.PullIterEntries},
		{"coro.Pull, struct with an array", benchcases.PullCoroPoints},
		{"iter.Pull, struct with an array", benchcases.PullIterPoints},
		{"coro.Pull, int, next kept elsewhere", benchcases.PullCoroElsewhere},
		{"iter.Pull, int, next kept elsewhere", benchcases.PullIterElsewhere},
	}, []pairing{
		{"coro.Pull, int", "iter.Pull, int"},
		{"coro.Pull, string", "iter.Pull, string"},
		{"coro.Pull, struct of 5 words", "iter.Pull, struct of 5 words"},
		{"coro.Pull, struct with an array", "iter.Pull, struct with an array"},
		{"coro.Pull, int, next kept elsewhere", "iter.Pull, int, next kept elsewhere"},
	})
	r.Notes = append(r.Notes, "In the function that calls Pull the compiler may inline next; where next is kept elsewhere it cannot.")
	return []Result{r}, err
}

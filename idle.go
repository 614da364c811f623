package stackful

// IdleGoroutines returns the names of the functions in which this package's own goroutines
// are parked: one for each free stack (see SetIdleLimit), and one that makes them. They
// are for detectors of leaked goroutines; see IgnoreIdle for go.uber.org/goleak, and Shutdown for
// those that count goroutines.
//
// A suspended stack is parked in none of them, so coroutines and tasks that were left
// suspended are found.
func IdleGoroutines() []string {
	const pkg = "github.com/stackful-go/stackful."
	return []string{"trampoline0", "trampoline1", "trampoline2", pkg + "(*carrierPool).start.func1"}
}

// SetIdleLimit sets how many free stacks the process keeps for reuse beyond the
// few that each goroutine has at hand, and returns the previous limit. What is
// beyond it goes back to the runtime as stacks end; what is within it, when nothing has
// needed it from one cycle of the garbage collector to the next, or when it has grown. (They are made 64 at a time: those that
// have not been needed yet go back at the next cycles.) The limit is at least 0; a
// negative n leaves it as it is. It may be called from any goroutine, and does
// nothing in the portable backend, which keeps none.
func SetIdleLimit(n int) (old int) {
	if !native {
		return 0
	}
	return pool.setLimit(n)
}

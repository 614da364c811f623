package sched

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// noteForeignWake fails the simulation when another goroutine has posted mail: when that
// comes is not determined by the seed.
func (s *Virtual) noteForeignWake() {
	if s.H.Ending.failure == nil && !s.H.Ending.Dying {
		err := fmt.Errorf("%w: another goroutine has woken a task, or called it", ErrSimulated)
		if list := s.outside(); list != "" {
			err = fmt.Errorf("%w\n%s", err, list)
		}
		s.H.Ending.failure = err
	}
}

// mostOutside is how many goroutines outside lists.
const mostOutside = 10

// outside lists the goroutines that functions of the user's have started, and that are in no simulation: a task that waits
// for one waits for ever. It is empty if there are none.
func (s *Virtual) outside() string {
	if !s.H.patched {
		return ""
	}
	var all []byte
	done := make(chan bool)
	runtimepatch.Block() // else the goroutine would be a task, and the wait could park one
	go func() {
		if runtime.NumGoroutine() <= mostGoroutines {
			all = allStacks() // in a simulation they are the caller's alone
		}
		close(done)
	}()
	<-done
	runtimepatch.Unblock()
	return outsideIn(string(all))
}

// outsideIn is outside for the stacks of all goroutines.
func outsideIn(all string) string {
	var lines []string
	for stack := range strings.SplitSeq(all, "\n\n") {
		_, by, ok := strings.Cut(stack, "\ncreated by ")
		if !ok || strings.Contains(stack, "\n"+facePkg+"Simulate(") {
			continue
		}
		creator, at, _ := strings.Cut(by, "\n")
		creator, _, _ = strings.Cut(creator, " in goroutine ")
		if file, _, _ := cutLast(at, ":"); !isUsers(creator, file) {
			continue
		}
		frames := Frames([]byte(stack))
		isTheirs := func(f Frame) bool { return isUsers(f.Function, f.File) }
		if i := slices.IndexFunc(frames, isTheirs); i >= 0 {
			lines = append(lines, fmt.Sprintf("%s, started by %s", frames[i], creator))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	if more := len(lines) - mostOutside; more > 0 {
		lines = append(lines[:mostOutside], fmt.Sprintf("and %d more", more))
	}
	return "goroutines outside of the simulation, which must not wake its tasks:\n  " + strings.Join(lines, "\n  ") + "\n"
}

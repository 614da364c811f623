//go:build unix

package debug_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
)

// quitMode is the variable of the environment that has TestHandleQuit be a program, one of quitPrograms.
const quitMode = "STACKFUL_TEST_QUIT"

func quit() { syscall.Kill(os.Getpid(), syscall.SIGQUIT) }

// spins computes for longer than the test has patience.
func spins() {
	for begun := time.Now(); time.Since(begun) < time.Minute; {
	}
}

// waiters runs a hub with a task that waits, and calls then in its main task.
func waiters(then func()) {
	poller.Run(func() {
		poller.Go(func() { serve(poller.NewQueue[int](0)) }).SetName("server")
		poller.Sleep(time.Millisecond)
		then()
		poller.Sleep(time.Hour)
	})
}

var quitPrograms = map[string]struct {
	run  func()
	want []string // in standard error, in this order
	code int
}{
	"waits": {
		run: func() { debug.HandleQuit(); debug.HandleQuit(); waiters(quit) },
		want: []string{"poller: SIGQUIT: the tasks of the program", "\nhub ", ": 2 tasks\n", "\nserver, quit_test.go:", ": waiting for receive, for ",
			"\n    github.com/stackful-go/stackful/poller/debug_test.serve\n    \t", "\nSIGQUIT: quit\n", "\ngoroutine "},
		code: 2,
	},
	"computes": {
		run: func() {
			debug.HandleQuit()
			began := make(chan bool)
			go waiters(func() { close(began) })
			<-began
			poller.Options{MonitorAfter: -1}.Run(func() { go quit(); spins() })
		},
		want: []string{": 2 tasks\n", "\nserver, quit_test.go:", "\nhub ", ": it has not answered for 1", "poller: main, init has not switched for 1", "\ngoroutine ",
			"debug_test.spins\n", "\nSIGQUIT: quit\n", "\ngoroutine "},
		code: 2,
	},
	"no hub": {
		run:  func() { debug.HandleQuit(); quit(); time.Sleep(time.Minute) },
		want: []string{"poller: SIGQUIT: the tasks of the program", "\nSIGQUIT: quit\n", "\ngoroutine "},
		code: 2,
	},
	"ignored": {
		run: func() {
			signal.Ignore(syscall.SIGQUIT)
			debug.HandleQuit()
			waiters(func() { quit(); poller.Sleep(50 * time.Millisecond); fmt.Fprintln(os.Stderr, "alive"); os.Exit(3) })
		},
		want: []string{"alive\n"},
		code: 3,
	},
}

// After HandleQuit the program ends by SIGQUIT as any Go program, and lists its tasks first.
func TestHandleQuit(t *testing.T) {
	if mode := os.Getenv(quitMode); mode != "" {
		quitPrograms[mode].run()
		os.Exit(0)
	}
	if err := exec.Command(os.Args[0], "-test.list=^$").Run(); err != nil {
		t.Skip("a program cannot start itself here, as under an emulator: ", err)
	}
	for name, p := range quitPrograms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHandleQuit$")
			cmd.Env = append(os.Environ(), quitMode+"="+name, "GOTRACEBACK=all")
			var errs bytes.Buffer
			cmd.Stderr = &errs
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != p.code {
				t.Errorf("%v; want the exit status %d", cmd.ProcessState, p.code)
			}
			rest := errs.String()
			for _, w := range p.want {
				var ok bool
				if _, rest, ok = strings.Cut(rest, w); !ok {
					t.Errorf("no %q, or not behind the others, in\n%s", w, &errs)
				}
			}
			if list, _, _ := strings.Cut(errs.String(), "\nSIGQUIT: quit"); strings.Contains(list, "/poller/internal/") || strings.Count(list, "SIGQUIT") > 1 {
				t.Errorf("the engine's calls, or two lists:\n%s", list)
			}
		})
	}
}

package stackful_test

import (
	"bytes"
	"os"
	"os/exec"
	"runtime/trace"
	"testing"

	"github.com/stackful-go/stackful"
)

// traced records an execution trace of f.
func traced(t *testing.T, f func()) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Skip(err) // the tests are traced
	}
	f()
	trace.Stop()
	return buf.Bytes()
}

// wantTrace checks that data parses, as far as there is a tool for it here.
func wantTrace(t *testing.T, data []byte) {
	t.Helper()
	if !bytes.HasPrefix(data, []byte("go 1.")) {
		t.Fatalf("%d bytes that are no trace", len(data))
	}
	tool, err := exec.LookPath("go")
	if err != nil || testing.Short() || emulator() != "" {
		return
	}
	path := t.TempDir() + "/trace"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "tool", "trace", "-d=parsed", path).CombinedOutput()
	if err != nil {
		t.Errorf("the trace does not parse: %v\n%s", err, tail(out))
	}
	if !bytes.Contains(out, []byte("GoStart")) && !bytes.Contains(out, []byte("StateTransition")) {
		t.Errorf("the trace has no goroutine:\n%s", tail(out))
	}
}

func tail(text []byte) []byte { return text[max(0, len(text)-2000):] }

// A trace of switches, with garbage collections and goroutines that block on
// stacks, parses.
func TestTrace_parses(t *testing.T) {
	if !stackful.InOwnProcess(t) {
		return
	}
	data := traced(t, func() {
		switchBeside(20, func() {
			c := make(chan int)
			s := body(func(any) any {
				for n := range c {
					up(n)
				}
				return nil
			})
			besideGC(3, func() {
				go func() {
					for n := range 200 {
						c <- n
					}
					close(c)
				}()
				for !s.Done() {
					s.Switch(nil)
				}
			})
		})
	})
	wantTrace(t, data)
}

// Tracing that begins and ends while stacks are suspended and switched.
func TestTrace_startedAndStopped(t *testing.T) {
	if !stackful.InOwnProcess(t) {
		return
	}
	stacks := suspendIn(waitInProfile, 200)
	var last []byte
	switchBeside(20, func() {
		for range scale(20, 5) {
			last = traced(t, func() {
				for _, s := range stacks[:100] {
					s.SwitchRun(func() any { return up(nil) })
				}
			})
		}
	})
	for _, s := range stacks {
		for !s.Done() {
			s.Switch("end")
		}
	}
	wantTrace(t, last)
}

// Generations change while stacks are switched: the flight recorder ends one at
// each snapshot.
func TestTrace_flightRecorder(t *testing.T) {
	if !stackful.InOwnProcess(t) {
		return
	}
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := r.Start(); err != nil {
		t.Skip(err)
	}
	defer r.Stop()
	stacks := suspendIn(waitInProfile, 100)
	switchBeside(20, func() {
		for range scale(10, 3) {
			var buf bytes.Buffer
			if _, err := r.WriteTo(&buf); err != nil {
				t.Fatal(err)
			}
		}
	})
	endAll(stacks)
}

// Tracing on one goroutine's stacks from the inside.
func TestTrace_startedOnStack(t *testing.T) {
	if !stackful.InOwnProcess(t) {
		return
	}
	var data []byte
	s := body(func(any) any {
		data = traced(t, func() {
			for range 100 {
				up(nil)
			}
		})
		return nil
	})
	for !s.Done() {
		s.Switch(nil)
	}
	wantTrace(t, data)
}

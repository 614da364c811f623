package coro_test

import (
	"context"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

var labelLine = regexp.MustCompile(`# labels: \{"who":"(\w+)"\}`)

// labelNow returns the running goroutine's label "who", as a goroutine profile
// shows it; "" if it has none.
func labelNow() string {
	var profile strings.Builder
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if !strings.Contains(block, ".labelNow") {
			continue
		}
		if m := labelLine.FindStringSubmatch(block); m != nil {
			return m[1]
		}
	}
	return ""
}

// labelled runs f with the label "who".
func labelled(who string, f func()) {
	pprof.Do(context.Background(), pprof.Labels("who", who), func(context.Context) { f() })
}

func wantLabel(t *testing.T, where, want string) {
	t.Helper()
	if got := labelNow(); got != want {
		t.Errorf("%s: label %q, want %q", where, got, want)
	}
}

func TestSetLabels(t *testing.T) {
	elsewhere(func() {
		coro.SetLabels(true)
		up := func() { coro.Current().Parent().Switch(nil) }
		worker := func(who string) *coro.Coroutine {
			return coro.New(func(any) any {
				wantLabel(t, who+" starts", "main")
				labelled(who, func() {
					for range 3 {
						up()
						wantLabel(t, who+" goes on", who)
					}
					labelled(who+"2", func() { up(); wantLabel(t, who+" inside", who+"2") })
					wantLabel(t, who+" after a Do without it", "")
				})
				defer wantLabel(t, who+" ends", "")
				return nil
			})
		}
		wantLabel(t, "before", "")
		a, b := worker("a"), worker("b")
		labelled("main", func() {
			for !a.Dead() {
				a.Switch(nil)
				wantLabel(t, "main after a", "main")
				b.Switch(nil)
				wantLabel(t, "main after b", "main")
			}
			c := coro.New(func(any) any {
				defer labelled("c", func() { wantLabel(t, "c is killed", "c") })
				up()
				return nil
			})
			c.Switch(nil)
			c.Kill()
			wantLabel(t, "main after Kill", "main")
		})
		wantLabel(t, "after", "")
		if !coro.SetLabels(false) {
			t.Error("it was off")
		}
	})
}

// A trace function and labels do not disturb each other.
func TestSetLabels_trace(t *testing.T) {
	elsewhere(func() {
		events := 0
		coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) { events++ })
		coro.SetLabels(true)
		c := coro.New(func(any) any {
			labelled("c", func() {
				coro.Current().Parent().Switch(nil)
				wantLabel(t, "c", "c")
			})
			return nil
		})
		c.Switch(nil)
		wantLabel(t, "main", "")
		if events != 2 {
			t.Errorf("%d events", events)
		}
		coro.SetTrace(nil)
		c.Switch(nil)
		wantLabel(t, "main, no longer traced", "")
		if events != 2 {
			t.Errorf("%d events after the end", events)
		}
	})
}

// Off, labels belong to the goroutine.
func TestSetLabels_off(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("there each coroutine has its own labels")
	}
	elsewhere(func() {
		c := coro.New(func(any) any {
			labelled("c", func() { coro.Current().Parent().Switch(nil) })
			return nil
		})
		c.Switch(nil)
		wantLabel(t, "main", "c")
		c.Switch(nil)
		wantLabel(t, "main", "")
	})
}

// What has its labels from a context may run in turns.
func ExampleSetLabels() {
	defer coro.SetLabels(coro.SetLabels(true))
	task := func(name string) *coro.Coroutine {
		return coro.New(func(any) any {
			pprof.Do(context.Background(), pprof.Labels("task", name), func(context.Context) {
				for i := range 2 {
					fmt.Println(name, i) // a CPU profile has samples from here under its name
					coro.Current().Parent().Switch(nil)
				}
			})
			return nil
		})
	}
	a, b := task("a"), task("b")
	for !a.Dead() {
		a.Switch(nil)
		b.Switch(nil)
	}
	// Output:
	// a 0
	// b 0
	// a 1
	// b 1
}

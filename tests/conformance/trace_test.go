package conformance

import (
	"testing"

	"github.com/stackful-go/stackful/coro"
)

type traced struct {
	event    coro.Event
	from, to *coro.Coroutine
}

// record traces until the function it returns is called.
func record(actions *[]traced) (stop func()) {
	old := coro.SetTrace(func(e coro.Event, from, to *coro.Coroutine) {
		*actions = append(*actions, traced{e, from, to})
	})
	return func() { coro.SetTrace(old) }
}

func TestG097_a_greenlet_tracing(t *testing.T) {
	root := coro.Current()
	var actions []traced
	stop := record(&actions)
	g1 := coro.New(nothing)
	g1.Switch(nil)
	g2 := coro.New(func(any) any { panic(errSome) })
	wantPanic(t, errSome, func() { g2.Switch(nil) })
	stop()
	equal(t, actions, []traced{
		{coro.EventSwitch, root, g1},
		{coro.EventSwitch, g1, root},
		{coro.EventSwitch, root, g2},
		{coro.EventThrow, g2, root},
	})
}

func TestG098_b_exception_disables_tracing(t *testing.T) {
	c := coro.New(func(any) any { return up(nil) })
	c.Switch(nil)
	calls := 0
	coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) { calls++; panic(errSome) })
	wantPanic(t, errSome, func() { c.Switch(nil) })
	equal(t, calls, 1)
	equal(t, coro.SetTrace(nil) == nil, true)
	equal(t, c.Dead(), true)

	// The same where the target has not started.
	c = coro.New(nothing)
	coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) { panic(errSome) })
	wantPanic(t, errSome, func() { c.Switch(nil) })
	equal(t, coro.SetTrace(nil) == nil, true)
	equal(t, c.Dead(), true)
}

func TestG099_set_same_tracer_twice(t *testing.T) {
	calls := 0
	f := func(coro.Event, *coro.Coroutine, *coro.Coroutine) { calls++ }
	equal(t, coro.SetTrace(f) == nil, true)
	equal(t, coro.SetTrace(f) != nil, true)
	coro.New(nothing).Switch(nil)
	equal(t, coro.SetTrace(nil) != nil, true)
	equal(t, calls, 2)
}

// A trace function that is set in one coroutine and removed in another sees
// exactly what is between.
func TestG105_trace_events_multiple_greenlets_switching(t *testing.T) {
	var actions []traced
	var stop func()
	var g1, g2 *coro.Coroutine
	g1 = coro.New(func(any) any {
		stop = record(&actions)
		g2.Switch(nil)
		return 42
	})
	g2 = coro.New(func(any) any {
		stop()
		return g1.Switch(nil)
	})
	equal(t, g1.Switch(nil), 42)
	equal(t, actions, []traced{{coro.EventSwitch, g1, g2}})
	g2.Kill()
}

func TestG106_trace_events_multiple_greenlets_switching_siblings(t *testing.T) {
	var actions []traced
	var stop func()
	var g1, g2 *coro.Coroutine
	g1 = coro.New(func(any) any {
		up(nil)
		stop = record(&actions)
		g2.Switch(nil)
		return 42
	})
	g2 = coro.New(func(any) any {
		up(nil)
		stop()
		return g1.Switch(nil)
	})
	g1.Switch(nil)
	g2.Switch(nil)
	equal(t, g1.Switch(nil), 42)
	equal(t, actions, []traced{{coro.EventSwitch, g1, g2}})
	g2.Kill()
}

// The trace function switches to a second coroutine in the middle of a switch.
func TestG067_reentrant_switch_two_greenlets(t *testing.T) {
	var log []string
	again := false
	var g1, g2 *coro.Coroutine
	coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) {
		if again {
			again = false
			g2.Switch(nil)
		}
	})
	defer coro.SetTrace(nil)
	g1 = coro.New(func(any) any {
		again = true
		up(nil)
		log = append(log, "end of g1")
		return nil
	})
	g2 = coro.New(func(any) any {
		up(nil)
		log = append(log, "end of g2")
		return nil
	})
	g1.Switch(nil)
	g1.Switch(nil)
	g2.Switch(nil)
	equal(t, log, []string{"end of g1", "end of g2"})
	equal(t, g1.Dead() && g2.Dead(), true)
}

// An order of 17 entries that greenlet's test fixes.
func TestG069_reentrant_switch_three_greenlets2(t *testing.T) {
	var log [][2]any
	note := func(what string, v any) { log = append(log, [2]any{what, v}) }
	again := true
	var g1, g2 *coro.Coroutine
	coro.SetTrace(func(e coro.Event, _, _ *coro.Coroutine) {
		note("trace", e.String())
		if again {
			again = false
			g2.Switch("g2 from tracefunc")
		}
	})
	defer coro.SetTrace(nil)
	g1 = coro.New(func(v any) any {
		note("g1 arg", v)
		note("g1 from parent", up("from g1_run"))
		return "g1 done"
	})
	g2 = coro.New(func(v any) any {
		note("g2 arg", v)
		note("g2 from parent", up("from g2_run"))
		return "g2 done"
	})
	note("main g1", g1.Switch("g1 from main"))
	note("main g2", g1.Switch("to the trace function"))
	note("main g1.2", g1.Switch("g1 from main 2"))
	note("main g2.2", g2.Switch(nil))
	equal(t, log, [][2]any{
		{"trace", "switch"}, {"trace", "switch"}, {"g2 arg", "g2 from tracefunc"},
		{"trace", "switch"}, {"main g1", "from g2_run"},
		{"trace", "switch"}, {"g1 arg", "g1 from main"},
		{"trace", "switch"}, {"main g2", "from g1_run"},
		{"trace", "switch"}, {"g1 from parent", "g1 from main 2"},
		{"trace", "switch"}, {"main g1.2", "g1 done"},
		{"trace", "switch"}, {"g2 from parent", nil},
		{"trace", "switch"}, {"main g2.2", "g2 done"},
	})
}

// Greenlet can be asked to start a greenlet while it is being started, in the
// lookup of its body. The only code that runs at that time in Go is the trace
// function: a second switch returns into it, and the body starts once.
func TestG070_reentrant_switch_GreenletAlreadyStartedInPython(t *testing.T) {
	var log []any
	first := true
	coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) {
		if first {
			first = false
			log = append(log, "starting", up("from the start"))
		}
	})
	defer coro.SetTrace(nil)
	b := coro.New(func(v any) any { log = append(log, v); return "B done" })
	equal(t, b.Switch("first"), "from the start")
	equal(t, b.Switch("second"), "B done")
	equal(t, log, []any{"starting", "second", "first"})
}

func TestTraceThrow(t *testing.T) {
	root := coro.Current()
	c := coro.New(func(any) any { return up(nil) })
	fresh := coro.New(nothing)
	c.Switch(nil)
	var actions []traced
	stop := record(&actions)
	c.Throw(coro.ErrExit)
	fresh.Kill()
	stop()
	equal(t, actions, []traced{
		{coro.EventThrow, root, c},
		{coro.EventSwitch, c, root},
		{coro.EventThrow, root, fresh},
		{coro.EventSwitch, fresh, root},
	})
}

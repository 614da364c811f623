package coro_test

import (
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

func TestSize(t *testing.T) {
	if size := reflect.TypeFor[coro.Coroutine]().Size(); size > 176 {
		t.Errorf("a Coroutine has %d bytes", size)
	}
}

// A call that returns after a switch costs as much as the switch.
func TestSwitchIsInlined(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), "can inline (*Coroutine).Switch") {
		t.Error("Switch is not inlined")
	}
}

func TestPanicError(t *testing.T) {
	problem := errors.New("problem")
	v := panicOf(func() { coro.New(func(any) any { return panicDeep(problem) }).Switch(nil) })
	e, ok := v.(*coro.PanicError)
	if !ok {
		t.Fatalf("got %v", v)
	}
	if e.Value != problem || !errors.Is(e, problem) {
		t.Errorf("value is %v", e.Value)
	}
	for _, want := range []string{"problem", "panicDeep"} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("%q is not in %q", want, e.Error())
		}
	}
	if e := (&coro.PanicError{Value: "text"}); e.Unwrap() != nil || !strings.HasSuffix(e.Error(), "text") {
		t.Error(e)
	}
}

//go:noinline
func panicDeep(err error) any { panic(err) }

func TestDump(t *testing.T) {
	defer coro.Track(coro.Track(true))
	root := coro.Current()
	parent := coro.New(func(any) any {
		child := coro.New(waitHere)
		child.SetName("child")
		return child.Switch(nil)
	})
	parent.SetName("parent")
	parent.Switch(nil)
	pending := coro.New(waitHere)
	var other *coro.Coroutine
	made, end := make(chan bool), make(chan bool)
	go func() {
		other = coro.New(waitHere)
		made <- true
		<-end
	}()
	<-made
	var text strings.Builder
	if err := coro.Dump(&text); err != nil {
		t.Fatal(err)
	}
	close(end)
	at := 0
	for _, want := range []string{
		fmt.Sprintf("<coro %p current active started main>", root),
		"at " + "github.com/stackful-go/stackful/coro_test.TestDump",
		`"parent" suspended active started>`,
		"coro_test.TestDump.func",
		"created by github.com/stackful-go/stackful/coro_test.TestDump ",
		`"child" suspended active started>`,
		"coro_test.waitHere",
		"created by github.com/stackful-go/stackful/coro_test.TestDump.func",
		fmt.Sprintf("%v", pending),
		"on other goroutines:",
		fmt.Sprintf("%v", other),
		"created by github.com/stackful-go/stackful/coro_test.TestDump.func",
	} {
		i := strings.Index(text.String()[at:], want)
		if i < 0 {
			t.Fatalf("%q is not in its place:\n%s", want, text.String())
		}
		at += i + len(want)
	}
	if parent.Name() != "parent" || root.Name() != "" {
		t.Error("names are wrong")
	}
	parent.Kill()
}

//go:noinline
func waitHere(any) any {
	v := coro.Current().Root().Switch(nil)
	return v
}

// What is tracked can be collected.
func TestTrackIsWeak(t *testing.T) {
	defer coro.Track(coro.Track(true))
	var before, after runtime.MemStats
	round := func() {
		for range 1000 {
			coro.New(waitHere)
		}
	}
	round()
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 5 {
		round()
		runtime.GC()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if growth := int64(after.HeapAlloc) - int64(before.HeapAlloc); growth > 1<<20 {
		t.Errorf("%d bytes stay", growth)
	}
}

func TestLocal(t *testing.T) {
	made := 0
	l := coro.Local[int]{Init: func() int { made++; return made }}
	if _, ok := l.Lookup(); ok {
		t.Error("there is a value")
	}
	c := coro.New(func(any) any { return l.Get() })
	if got := []any{l.Get(), l.Get(), c.Switch(nil)}; !reflect.DeepEqual(got, []any{1, 1, 2}) {
		t.Error(got)
	}
	l.Clear()
	if v := l.Get(); v != 3 {
		t.Error(v)
	}
	l.Clear()
	inherit := coro.Local[string]{Inherit: true}
	inherit.Set("x")
	grand := coro.New(func(any) any {
		inherit.Clear()
		return coro.New(func(any) any { _, ok := inherit.Lookup(); return ok }).Switch(nil)
	})
	if grand.Switch(nil) != false || inherit.Get() != "x" {
		t.Error("inherited what was cleared")
	}
	inherit.Clear()
}

func TestSetUnhandled(t *testing.T) {
	if old := coro.SetUnhandled(func(*coro.Coroutine, error) {}); old != nil {
		t.Error("there is a function")
	}
	if old := coro.SetUnhandled(nil); old == nil {
		t.Error("there is no function")
	}
}

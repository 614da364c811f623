package sched

import (
	"slices"
	"testing"
)

// stackText is a stack as runtime.Stack prints it, of calls, the innermost one first.
func stackText(calls ...string) []byte {
	text := "goroutine 7 [coroutine]:\n"
	for _, c := range calls {
		text += c + "\n\t/src/chat.go:88 +0x25\n"
	}
	return []byte(text + "created by testing.(*T).Run in goroutine 1\n\t/usr/local/go/src/testing/testing.go:2101 +0x4c5\n")
}

func TestFrames(t *testing.T) {
	const root = module + ".(*Stack).Switch(...)"
	run := runFrame + "27a325f40048)"
	outer := []string{run, internal + "sched.fiberEntry(0x0?, {0x0?, 0x0?})", module + ".runEntry(0x27a325f42008, {0x0?, 0x0?}, 0x0?)"}
	for _, c := range []struct{ calls, want []string }{
		{[]string{"main.serve({0x1, 0x2}, 0x3)", "main.main.func1()"}, []string{"main.serve", "main.main.func1"}},
		{[]string{root, internal + "sched.Sleep(0x1)", facePkg + "Sleep(...)", "main.serve()"}, []string{facePkg + "Sleep", "main.serve"}},
		{[]string{root, internal + "sched.Checkpoint()", "main.serve()"}, []string{"main.serve"}},
		{[]string{root, facePkg + "(*Queue[...]).wait(0x1)", facePkg + "(*Queue[...]).Get(...)", "io.Copy()", "main.serve()"},
			[]string{facePkg + "(*Queue[...]).Get", "io.Copy", "main.serve"}},
		// The library's own calls of the standard library, and its calls of the user.
		{[]string{"bytes.Cut()", module + "/asm.header()", root, facePkg + "Yield()", "main.serve()"}, []string{facePkg + "Yield", "main.serve"}},
		{[]string{"main.read()", internal + "sched.WithTimeout()", facePkg + "WithTimeout()", "main.serve()"},
			[]string{"main.read", internal + "sched.WithTimeout", facePkg + "WithTimeout", "main.serve"}},
		{[]string{"time.Sleep(0x1)", "main.serve()"}, []string{"time.Sleep", "main.serve"}},
		{[]string{root, internal + "sched.ParkQueued()"}, nil},
		{nil, nil},
	} {
		var got []string
		for _, f := range Frames(stackText(append(c.calls, outer...)...)) {
			got = append(got, f.Function)
			if f.File != "/src/chat.go" || f.Line != 88 {
				t.Errorf("%v", f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q of %q, want %q", got, c.calls, c.want)
		}
	}
	got := Frames([]byte("goroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n...additional frames elided...\nmain.g()\n\t/x.go:2\n"))
	if want := []Frame{{"main.f", "/x.go", 1}, {"...additional frames elided...", "", 0}, {"main.g", "/x.go", 2}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if Frames(nil) != nil || Frames([]byte("no stack")) != nil {
		t.Error("frames of no stack")
	}
}

func TestShortFunction(t *testing.T) {
	for name, want := range map[string]string{
		"main.serve":                              "serve",
		"main.main.func1":                         "main",
		"main.main.func1.2.gowrap3":               "main",
		"gopkg.in/yaml%2ev3.(*parser).next-fm":    "(*parser).next",
		"example.com/chat.room.serve.func2.1":     "room.serve",
		"example.com/chat.Map[...].func1":         "Map[...]",
		"example.com/a/b.(*T[...]).do.deferwrap1": "(*T[...]).do",
		"main.func1x":                             "func1x",
	} {
		if got := ShortFunction(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for p, want := range map[Place]string{
		{}: "", {Function: "main.(*t).f-fm"}: "(*t).f", {"main.f", "/a/b.go", 7}: "b.go:7 f",
	} {
		if got := p.String(); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

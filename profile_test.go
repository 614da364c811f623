package stackful_test

import (
	"bytes"
	"io"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

//go:noinline
func waitInProfile(v any) any { v = up(v); return v }

//go:noinline
func waitBeside(v any) any {
	for v != "end" {
		v = up(v)
	}
	return v
}

const (
	inProfile = here + "waitInProfile"
	beside    = here + "waitBeside"
)

func suspendIn(f func(any) any, n int) (stacks []*stack) {
	for range n {
		s := body(f)
		s.Switch(nil)
		stacks = append(stacks, s)
	}
	return stacks
}

func endAll(stacks []*stack) {
	for _, s := range stacks {
		s.Switch("end")
	}
}

func goroutineProfile(t testing.TB, debug int) string {
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, debug); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// framesIn counts a function in a goroutine profile of each format.
var framesIn = []func(t testing.TB, profile, function string) int{
	0: func(t testing.TB, profile, function string) int {
		samples, err := parseProfile([]byte(profile))
		if err != nil {
			t.Fatal(err)
		}
		return int(countFrames(samples, function))
	},
	1: func(t testing.TB, profile, function string) (n int) {
		count := regexp.MustCompile(`^(\d+) @`)
		for _, group := range strings.Split(profile, "\n\n") {
			for at, line := range strings.Split(group, "\n") {
				if at == 0 && strings.HasPrefix(line, "goroutine profile:") {
					_, group, _ = strings.Cut(group, "\n")
				}
				if strings.HasPrefix(line, "#\t") && strings.Contains(line, "\t"+function+"+") {
					k, _ := strconv.Atoi(count.FindStringSubmatch(group)[1])
					n += k
				}
			}
		}
		return n
	},
	2: func(t testing.TB, profile, function string) int { return strings.Count(profile, function+"(") },
}

// A goroutine profile shows each suspended stack exactly once.
func TestProfile_goroutines(t *testing.T) {
	const n = 40
	stacks := suspendIn(waitInProfile, n)
	for debug, frames := range framesIn {
		want(t, "frames, debug="+strconv.Itoa(debug), frames(t, goroutineProfile(t, debug), inProfile), n)
	}
	endAll(stacks)
	for debug, frames := range framesIn {
		eventually(t, "none is left", func() bool { return frames(t, goroutineProfile(t, debug), inProfile) == 0 })
	}
}

// switchBeside runs f while another goroutine switches among n stacks of its own.
func switchBeside(n int, f func()) {
	var stop atomic.Bool
	started, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		stacks := suspendIn(waitBeside, n)
		close(started)
		for !stop.Load() {
			for _, s := range stacks {
				s.Switch(nil)
				s.SwitchRun(func() any { return nil })
			}
		}
		endAll(stacks)
	}()
	<-started
	defer func() { stop.Store(true); <-ended }()
	f()
}

// The same while another goroutine switches: what it does with its stacks does
// not touch the record of others.
func TestProfile_goroutinesBesideSwitches(t *testing.T) {
	const n = 40
	stacks := suspendIn(waitInProfile, n)
	switchBeside(20, func() {
		for range scale(20, 10) {
			for debug, frames := range framesIn {
				profile := goroutineProfile(t, debug)
				want(t, "frames, debug="+strconv.Itoa(debug), frames(t, profile, inProfile), n)
			}
		}
	})
	endAll(stacks)
}

// And the stacks that are switched among are all there in a dump, for which
// the world stands still. (In the other formats the profile of a goroutine is
// made when the profiler comes to it.)
func TestProfile_goroutinesThatSwitch(t *testing.T) {
	const n = 100
	switchBeside(n, func() {
		for range scale(20, 10) {
			want(t, "frames", framesIn[2](t, goroutineProfile(t, 2), beside), n)
			for debug, frames := range framesIn[:2] { // well-formed, at least
				if got := frames(t, goroutineProfile(t, debug), beside); got == 0 {
					t.Errorf("debug=%d: no frame of %d stacks", debug, n)
				}
			}
		}
	})
}

func TestProfile_records(t *testing.T) {
	const n = 40
	stacks := suspendIn(waitInProfile, n)
	switchBeside(20, func() {
		for range scale(20, 10) {
			records := make([]runtime.StackRecord, runtime.NumGoroutine()+1000)
			k, ok := runtime.GoroutineProfile(records)
			if !ok {
				t.Fatal("too many goroutines")
			}
			found := 0
			for _, r := range records[:k] {
				if len(r.Stack()) == 0 {
					t.Fatal("an empty record")
				}
				frames := runtime.CallersFrames(r.Stack())
				for {
					f, more := frames.Next()
					if f.Function == inProfile {
						found++
					}
					if !more {
						break
					}
				}
			}
			want(t, "frames", found, n)
		}
	})
	endAll(stacks)
}

//go:noinline
func spin(v any) any {
	for v != "end" {
		x := 1
		for i := range 2000 {
			x = x*31 + i
		}
		v = up(x)
	}
	return v
}

// A CPU profile of a program that does nothing but switch is well-formed, and
// shows the functions that run on stacks.
func TestProfile_cpu(t *testing.T) {
	var buf bytes.Buffer
	if err := pprof.StartCPUProfile(&buf); err != nil {
		t.Skip(err) // the tests are profiled
	}
	s := body(spin)
	const cpuTime = 300 * time.Millisecond
	for start := time.Now(); time.Since(start) < cpuTime; {
		for range 1000 {
			s.Switch(nil)
		}
	}
	s.Switch("end")
	pprof.StopCPUProfile()
	samples, err := parseProfile(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if emulator() != "" {
		return // timers of threads are not emulated well
	}
	if n := countFrames(samples, here+"spin"); n == 0 {
		t.Errorf("no sample of %d shows the stack's function", len(samples))
	}
	for _, s := range samples {
		if s.has(here+"spin") && s.has(here+"TestProfile_cpu") {
			t.Errorf("frames of two stacks in one sample: %q", s.Functions)
		}
	}
}

// Samples in the middle of each kind of switch, as many as the system gives: none ends the
// process. On Windows another thread takes them, which must find the g of this one by its SP.
func TestProfile_cpuInSwitches(t *testing.T) {
	if emulator() != "" {
		t.Skip("timers of threads are not emulated well")
	}
	runtime.SetCPUProfileRate(10_000) // and StartCPUProfile prints that it cannot set another
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skip(err) // the tests are profiled
	}
	defer pprof.StopCPUProfile()
	s := body(spin)
	var p ints
	p.start(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next := p.next()
	const cpuTime = 500 * time.Millisecond
	for start := time.Now(); time.Since(start) < cpuTime; {
		for range 1000 {
			s.Switch(nil)
			s.SwitchRun(func() any { return nil })
			next()
		}
		for range 50 {
			body(func(v any) any { return v }).Switch(nil)
		}
	}
	s.Switch("end")
	p.s.Resume(false)
}

//go:noinline
func blockOnStack(c chan int) int {
	n := <-c
	return n
}

// The block profile follows frame pointers from a stack that blocks.
func TestProfile_block(t *testing.T) {
	runtime.SetBlockProfileRate(1)
	defer runtime.SetBlockProfileRate(0)
	s := body(func(any) any {
		up(nil)
		return blockOnStack(sentWhenParked("blockOnStack"))
	})
	s.Switch(nil)
	want(t, "received", s.Switch(nil), 1)
	wantInProfile(t, "block", here+"blockOnStack")
}

// sentWhenParked returns a channel on which 1 is sent when a goroutine waits for
// it in the function of this package, so that the wait is one to be profiled.
func sentWhenParked(function string) chan int {
	c := make(chan int)
	go func() {
		for {
			for _, g := range strings.Split(allStacks(), "\n\n") {
				if strings.Contains(g, "[chan receive") && strings.Contains(g, "."+function+"(") {
					c <- 1
					return
				}
			}
			runtime.Gosched()
		}
	}()
	return c
}

// wantInProfile checks that a profile shows function, with nothing of the
// stack below that switched.
func wantInProfile(t *testing.T, profile, function string) {
	t.Helper()
	var buf bytes.Buffer
	if err := pprof.Lookup(profile).WriteTo(&buf, 0); err != nil {
		t.Fatal(err)
	}
	samples, err := parseProfile(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if !s.has(function) {
			continue
		}
		if s.has(here + t.Name()) {
			t.Errorf("frames of two stacks in one sample: %q", s.Functions)
		}
		return
	}
	t.Errorf("%s is not in the %s profile", function, profile)
}

func TestProfile_backendName(t *testing.T) {
	names := body(callersInside).Switch(nil).([]string)
	text := strings.Join(names, " ")
	want(t, "a portable stack has a goroutine of its own", strings.Contains(text, "portableMain"), !stackful.Backend().Native)
}

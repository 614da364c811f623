package coro

import (
	"runtime"
	"strings"

	"github.com/stackful-go/stackful"
)

// Frames returns the stack frames of c, the innermost call first and its body last; those
// of a root end with the goroutine's own function. It is nil if c has not
// started or is dead. (This is greenlet's gr_frame.)
//
// Frames runs a few instructions on the stack of a suspended coroutine, unnoticed by the
// code that is suspended there. It is meant for debugging and is not fast.
func (c *Coroutine) Frames() []runtime.Frame {
	c.check("Frames")
	if !c.Active() {
		return nil
	}
	if stackful.Current() == c.localStack() {
		return visible(callers())
	}
	o := currentOwner()
	o.untraced++
	defer func() { o.untraced-- }()
	r := c.needExtra()
	if p := r.probe; p != nil {
		p.caller = stackful.Current()
		c.localStack().Switch(p)
		return visible(p.pcs)
	}
	p := &probe{caller: stackful.Current(), extra: r}
	c.localStack().SwitchRun(p.run)
	return visible(p.pcs)
}

// A probe is a frame on top of a suspended coroutine that reports the frames below it.
// It stays there, suspended in the coroutine's place, until the coroutine is
// resumed with a value that is not the probe.
type probe struct {
	caller *stackful.Stack
	extra  *extra
	pcs    []uintptr
}

func (p *probe) run() any {
	p.extra.probe = p
	defer func() { p.extra.probe = nil }()
	for {
		p.pcs = callers()
		if v := p.caller.Switch(nil); v != any(p) {
			return v
		}
	}
}

func callers() []uintptr {
	pcs := make([]uintptr, 64)
	for {
		n := runtime.Callers(2, pcs)
		if n < len(pcs) {
			return pcs[:n]
		}
		pcs = make([]uintptr, 2*len(pcs))
	}
}

// visible returns the frames of pcs without those of this library at the two ends.
func visible(pcs []uintptr) []runtime.Frame {
	var all []runtime.Frame
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		if f.Function == module+".runEntry" {
			break
		}
		if len(all) > 0 || !ours(f.Function) {
			all = append(all, f)
		}
		if !more {
			break
		}
	}
	return all
}

const (
	module = "github.com/stackful-go/stackful"
	pkg    = module + "/coro."
)

// ours reports whether a function is part of how coroutines switch.
func ours(function string) bool {
	if strings.HasPrefix(function, module+".") {
		return true
	}
	name, ok := strings.CutPrefix(function, pkg)
	if !ok {
		return false
	}
	for _, part := range []string{"callers", "(*probe)", "(*Coroutine)", "(*pull", "(*Generator"} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return false
}

package coro

import (
	"runtime"
	"strings"

	"github.com/stackful-go/stackful"
)

// Frames returns where c stands, the innermost call first and its body last; the
// frames of a root end with the goroutine's own function. It is nil if c has not
// started or is dead. (This is greenlet's gr_frame.)
//
// Frames asks a suspended coroutine by running a few instructions on its stack;
// what is suspended there does not notice. It is meant for people, not for
// speed.
func (c *Coroutine) Frames() []runtime.Frame {
	c.check("Frames")
	if !c.Active() {
		return nil
	}
	if stackful.Current() == c.at() {
		return visible(callers())
	}
	o := currentOwner()
	o.quiet++
	defer func() { o.quiet-- }()
	r := c.extra()
	if p := r.probe; p != nil {
		p.asker = stackful.Current()
		c.at().Switch(p)
		return visible(p.pcs)
	}
	p := &probe{asker: stackful.Current(), rare: r}
	c.at().SwitchRun(p.run)
	return visible(p.pcs)
}

// A probe is a frame on top of a suspended coroutine that tells what is below.
// It stays there, suspended in the coroutine's place, until the coroutine is
// resumed with what is not for the probe.
type probe struct {
	asker *stackful.Stack
	rare  *rare
	pcs   []uintptr
}

func (p *probe) run() any {
	p.rare.probe = p
	defer func() { p.rare.probe = nil }()
	for {
		p.pcs = callers()
		if v := p.asker.Switch(nil); v != any(p) {
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
		if f.Function == pkg+"enter" {
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

package sched

import (
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A pull is the coroutine of an iter.Pull that a task has called, in place of the goroutine
// that it is otherwise. The task's goroutine alone may use it.
type pull struct {
	stack   stackful.Stack
	f       func(unsafe.Pointer) // nil once it runs
	coro    unsafe.Pointer       // its argument
	resumer *stackful.Stack
}

func newPull(f func(unsafe.Pointer), coro unsafe.Pointer) unsafe.Pointer {
	p := &pull{f: f, coro: coro}
	p.stack.Init(pullEntry)
	p.stack.SetData(p)
	return unsafe.Pointer(p)
}

func pullEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	p := s.Data().(*pull)
	f := p.f
	p.f = nil
	f(p.coro)
	return p.resumer, nil
}

// switchPull switches to the coroutine, or, in it, back to its resumer.
func switchPull(q unsafe.Pointer) {
	p := (*pull)(q)
	if !p.stack.Owned() {
		fault.Usage("next or stop of an iter.Pull that a task has made, on another goroutine than the task's")
	}
	to, here := p.resumer, p.stack.Running()
	if here != &p.stack {
		p.resumer, to = here, &p.stack
	}
	to.Switch(nil) // in one place: a return is predicted if the other stack has called there, too
}

// SwitchDone is part of stackful.Policy. Package iter does not switch to what has ended.
func (p *pull) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of an iter.Pull that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy.
func (p *pull) GoexitTarget(*stackful.Stack) *stackful.Stack { return p.resumer }

// GoexitEnd is part of stackful.Policy: package iter has the caller of next call Goexit.
func (p *pull) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	return p.resumer, nil, true
}

package sched

import (
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A pull is the coroutine of an iter.Pull that a task has called, in place of the goroutine
// that it is otherwise. The task's goroutine alone may use it. Its stack has a resumer while a call of
// next waits for it, and none while one of stop does: so no yield goes back there.
type pull struct {
	stack   stackful.Stack
	ends    stackful.Ends[uintptr]
	body    func()          // nil once it runs, or when stop has been called before
	stopper *stackful.Stack // the caller of stop
}

func newPull(body func(), passed int, slot, slowYield, slowNext unsafe.Pointer) (coroutine, yield, next unsafe.Pointer) {
	p := &pull{body: body}
	p.stack.Init(pullEntry)
	p.stack.SetData(p)
	yield, next = runtimepatch.Ends(unsafe.Pointer(&p.ends), unsafe.Pointer(&p.stack), passed, slot, slowYield, slowNext)
	return unsafe.Pointer(p), yield, next
}

func pullEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	p := s.Data().(*pull)
	if body := p.body; body != nil { // else a next has started it after stop
		p.body = nil
		body()
	}
	return p.receiver(), nil
}

// receiver is where the end goes.
func (p *pull) receiver() *stackful.Stack {
	if s := p.stack.Resumer(); s != nil {
		return s
	}
	return p.stopper
}

// mustOwn is the check that a slow next, yield or stop begins with.
func (p *pull) mustOwn() {
	if !p.stack.Owned() {
		fault.Usage("next or stop of an iter.Pull that a task has made, on another goroutine than the task's")
	}
}

// nextOfPull, yieldOfPull and stopPull are in runtimepatch.PullHooks.
func nextOfPull(coroutine unsafe.Pointer) bool {
	p := (*pull)(coroutine)
	p.mustOwn()
	if p.stack.Resumer() != nil {
		return false
	}
	runtimepatch.Resume(unsafe.Pointer(&p.stack))
	return true
}

func yieldOfPull(coroutine unsafe.Pointer) bool {
	p := (*pull)(coroutine)
	p.mustOwn()
	to := p.stack.Resumer()
	if to == nil {
		return false
	}
	if p.stack.Running() != &p.stack {
		fault.Usage("yield or stop of an iter.Pull that a task has made, beside its sequence, which runs")
	}
	p.stack.ForgetResumer()
	to.Switch(nil)
	return true
}

func stopPull(coroutine unsafe.Pointer) {
	switch p := (*pull)(coroutine); {
	case p.stack.Resumer() != nil:
		yieldOfPull(coroutine)
	case p.body != nil:
		p.mustOwn()
		p.body = nil
	default:
		p.mustOwn()
		p.stopper = p.stack.Running()
		p.stack.Switch(nil) // the yield returns false
	}
}

// SwitchDone is part of stackful.Policy. Package iter does not switch to what has ended.
func (p *pull) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of an iter.Pull that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy.
func (p *pull) GoexitTarget(*stackful.Stack) *stackful.Stack { return p.receiver() }

// GoexitEnd is part of stackful.Policy: package iter has the caller of next call Goexit.
func (p *pull) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	return p.receiver(), nil, true
}

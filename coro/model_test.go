package coro_test

import (
	"fmt"

	"github.com/stackful-go/stackful/coro"
)

// A model is a plain interpreter of what package coro promises: it runs the
// programs of program_test.go without any stacks, and writes the same log.
type model struct {
	program
	cos []*modelCo
	cur *modelCo
}

type modelCo struct {
	id                 int
	started, dead      bool
	parent, killParent *modelCo
	frames             []modelFrame // innermost last; the first is the body
	resume             func(s signal)
}

type frameKind int

const (
	frameBody    frameKind = iota
	frameCatch             // recovers
	frameDefer             // has a deferred call that runs ops
	frameCleanup           // is that deferred call
)

type modelFrame struct {
	kind    frameKind
	pending *string // cleanup: the panic that goes on afterwards
}

// A signal is what arrives at a switch point: a value, or a panic.
type signal struct {
	text   string
	raised bool
}

func newModel(code []byte) *model {
	root := &modelCo{started: true, frames: []modelFrame{{}}}
	return &model{program: program{code: code}, cos: []*modelCo{root}, cur: root}
}

func (m *model) run() []string {
	for {
		op, ok := m.next()
		if !ok {
			return m.log
		}
		m.step(op)
	}
}

func (m *model) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%d: ", m.cur.id)+fmt.Sprintf(format, args...))
}

func (m *model) pick() *modelCo { return m.cos[m.arg(len(m.cos))] }

func (m *model) step(op operation) {
	c := m.cur
	switch op {
	case opNew:
		m.create()
	case opSwitch:
		t, v := m.pick(), fmt.Sprint(m.arg(100))
		m.note("switch %d %s", t.id, v)
		m.switchTo(t, v)
	case opThrow:
		t, err := m.pick(), errorName(m.arg(len(modelErrors)))
		m.note("throw %d %s", t.id, err)
		m.throw(t, err)
	case opKill:
		m.kill(m.pick())
	case opSetParent:
		t, p := m.pick(), m.pick()
		m.note("setparent %d %d %v", t.id, p.id, m.setParent(t, p))
	case opLeave:
		m.leave(fmt.Sprint(m.arg(100)))
	case opPanic:
		m.unwind(errorName(m.arg(len(modelErrors))))
	case opCatch, opDefer:
		if len(c.frames) < maxDepth {
			kind := frameCatch
			if op == opDefer {
				kind = frameDefer
			}
			c.frames = append(c.frames, modelFrame{kind: kind})
		}
	case opLook:
		t := m.pick()
		m.note("look %d %v %v %d", t.id, t.started, t.dead, t.visibleParent())
	}
}

func (m *model) create() {
	c := &modelCo{parent: m.cur}
	for id, old := range m.cos {
		if old.dead {
			c.id = id
			m.cos[id] = c
			m.note("new %d", id)
			return
		}
	}
	if len(m.cos) == maxCoroutines {
		m.note("full")
		return
	}
	c.id = len(m.cos)
	m.cos = append(m.cos, c)
	m.note("new %d", c.id)
}

func (c *modelCo) visibleParent() int {
	switch {
	case c.killParent != nil:
		return c.killParent.id
	case c.parent == nil:
		return -1
	}
	return c.parent.id
}

func (c *modelCo) ancestor() *modelCo {
	p := c.parent
	for p.dead {
		p = p.parent
	}
	return p
}

// got is what follows when a switch in c is over.
func (m *model) got(s signal) {
	if s.raised {
		m.unwind(s.text)
		return
	}
	m.note("got %s", s.text)
}

func (m *model) switchTo(t *modelCo, v string) {
	if t.dead {
		t = t.ancestor()
	}
	m.cur.resume = m.got
	m.deliver(t, signal{text: v})
}

// deliver makes t the current coroutine, with s.
func (m *model) deliver(t *modelCo, s signal) {
	m.cur = t
	if t.started {
		t.resume(s)
		return
	}
	t.started = true
	if s.raised {
		m.die(s)
		return
	}
	t.frames = []modelFrame{{}}
	m.note("start %s", s.text)
}

// die ends the current coroutine with s.
func (m *model) die(s signal) {
	c := m.cur
	c.dead = true
	to := c.ancestor()
	if c.killParent != nil && !c.killParent.dead {
		to = c.killParent
	}
	if s.raised && s.text == "exit" {
		s.raised = false
	}
	if s.raised && s.text[0] != '!' { // already a PanicError
		s.text = "!" + s.text
	}
	m.deliver(to, s)
}

func (m *model) throw(t *modelCo, err string) {
	switch {
	case t.dead && err == "exit":
		m.switchTo(t, err)
	case t.dead:
		m.throw(t.ancestor(), err)
	case t == m.cur:
		m.unwind(err)
	default:
		m.cur.resume = m.got
		m.deliver(t, signal{err, true})
	}
}

func (m *model) kill(t *modelCo) {
	m.note("kill %d", t.id)
	c := m.cur
	switch {
	case t.parent == nil:
		m.unwind(describe(coro.ErrRoot))
	case t.dead:
		m.note("killed")
	case t == c:
		m.unwind("exit")
	default:
		before := t.killParent
		t.killParent = c
		c.resume = func(s signal) {
			if t.killParent == c {
				t.killParent = before
			}
			if s.raised {
				m.unwind(s.text)
			} else {
				m.note("killed")
			}
		}
		m.deliver(t, signal{"exit", true})
	}
}

func (m *model) setParent(c, p *modelCo) error {
	if c.parent == nil {
		return coro.ErrRoot
	}
	for a := p; a != nil; a = a.parent {
		if a == c {
			return coro.ErrParentCycle
		}
	}
	c.parent, c.killParent = p, nil
	return nil
}

// leave returns from the innermost frame.
func (m *model) leave(v string) {
	c := m.cur
	last := len(c.frames) - 1
	f := c.frames[last]
	switch f.kind {
	case frameBody:
		if c.parent != nil {
			m.die(signal{text: v})
		}
		return
	case frameDefer:
		c.frames[last] = modelFrame{kind: frameCleanup}
		m.note("deferred")
		return
	}
	c.frames = c.frames[:last]
	if f.pending != nil {
		m.unwind(*f.pending)
	}
}

// unwind is a panic in the current coroutine.
func (m *model) unwind(text string) {
	c := m.cur
	for {
		last := len(c.frames) - 1
		switch c.frames[last].kind {
		case frameBody:
			if c.parent != nil {
				m.die(signal{text, true})
				return
			}
			m.note("caught %s", text)
			return
		case frameCatch:
			c.frames = c.frames[:last]
			m.note("caught %s", text)
			return
		case frameDefer:
			c.frames[last] = modelFrame{frameCleanup, &text}
			m.note("deferred")
			return
		}
		c.frames = c.frames[:last] // a panic in a deferred call takes the place of the one before
	}
}

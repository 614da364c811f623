package coro_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// A program is a list of operations; the coroutine that runs takes the next one.
type program struct {
	code []byte
	pos  int
	log  []string
}

type operation byte

const (
	opNew operation = iota
	opSwitch
	opThrow
	opKill
	opSetParent
	opLeave // return from the innermost frame, at last from the body
	opPanic
	opCatch // call a function that recovers
	opDefer // call a function with a deferred call
	opLook
	operations
)

const (
	maxCoroutines = 8
	maxDepth      = 12
)

var modelErrors = []error{coro.ErrExit, errors.New("error 1"), errors.New("error 2")}

func errorName(i int) string { return describe(modelErrors[i]) }

// describe names values and panic values for the log.
func describe(v any) string {
	switch v := v.(type) {
	case *coro.PanicError:
		return "!" + describe(v.Value)
	case *stackful.UsageError:
		return describe(v.Err)
	case error:
		if v == coro.ErrExit {
			return "exit"
		}
	}
	return fmt.Sprint(v)
}

// next returns the next operation; it reports false at the program's end. Half of
// them are switches, so that programs get somewhere.
func (p *program) next() (operation, bool) {
	if p.pos >= len(p.code) {
		return 0, false
	}
	b := p.code[p.pos]
	p.pos++
	if b >= 128 {
		return opSwitch, true
	}
	return operation(b) % operations, true
}

func (p *program) arg(n int) int {
	if p.pos >= len(p.code) {
		return 0
	}
	b := p.code[p.pos]
	p.pos++
	return int(b) % n
}

// A machine runs programs on package coro.
type machine struct {
	program
	cos []*coro.Coroutine
}

func runOnMachine(code []byte) []string {
	m := &machine{program: program{code: code}, cos: []*coro.Coroutine{coro.Current()}}
	for m.pos < len(m.code) {
		m.caught(0, func() { m.loop(0, 1) })
	}
	log := m.log
	for _, c := range m.cos[1:] {
		for !c.Dead() {
			m.caught(0, c.Kill)
		}
	}
	return log
}

// caught calls f and recovers.
func (m *machine) caught(id int, f func()) {
	defer func() {
		if v := recover(); v != nil {
			m.note(id, "caught %s", describe(v))
		}
	}()
	f()
}

func (m *machine) note(id int, format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%d: ", id)+fmt.Sprintf(format, args...))
}

func (m *machine) pick() (int, *coro.Coroutine) {
	i := m.arg(len(m.cos))
	return i, m.cos[i]
}

// loop is a frame at the given depth of coroutine id.
func (m *machine) loop(id, depth int) any {
	for {
		op, ok := m.next()
		if !ok {
			return nil
		}
		switch op {
		case opLeave:
			v := m.arg(100)
			if id != 0 || depth > 1 {
				return v
			}
		case opCatch:
			if depth < maxDepth {
				m.caught(id, func() { m.loop(id, depth+1) })
			}
		case opDefer:
			if depth < maxDepth {
				m.deferred(id, depth+1)
			}
		case opPanic:
			panic(modelErrors[m.arg(len(modelErrors))])
		default:
			m.step(id, op)
		}
	}
}

func (m *machine) deferred(id, depth int) {
	defer func() {
		m.note(id, "deferred")
		m.loop(id, depth)
	}()
	m.loop(id, depth)
}

func (m *machine) step(id int, op operation) {
	switch op {
	case opNew:
		m.create(id)
	case opSwitch:
		i, c := m.pick()
		v := m.arg(100)
		m.note(id, "switch %d %d", i, v)
		got := c.Switch(v)
		m.note(id, "got %s", describe(got))
	case opThrow:
		i, c := m.pick()
		err := modelErrors[m.arg(len(modelErrors))]
		m.note(id, "throw %d %s", i, describe(err))
		got := c.Throw(err)
		m.note(id, "got %s", describe(got))
	case opKill:
		i, c := m.pick()
		m.note(id, "kill %d", i)
		c.Kill()
		m.note(id, "killed")
	case opSetParent:
		i, c := m.pick()
		j, p := m.pick()
		m.note(id, "setparent %d %d %v", i, j, c.SetParent(p))
	case opLook:
		i, c := m.pick()
		parent := -1
		if p := c.Parent(); p != nil {
			parent = m.idOf(p)
		}
		m.note(id, "look %d %v %v %d", i, c.Started(), c.Dead(), parent)
		if got := len(c.Frames()) > 0; got != c.Active() || coro.Current() != m.cos[id] {
			m.note(id, "wrong: frames %v, current %v", got, coro.Current())
		}
	}
}

// idOf returns the id that c has, or had before it was dead and replaced.
func (m *machine) idOf(c *coro.Coroutine) int {
	if i := slices.Index(m.cos, c); i >= 0 {
		return i
	}
	return idLocal.GetOf(c)
}

var idLocal coro.Local[int]

func (m *machine) create(id int) {
	i := slices.IndexFunc(m.cos, (*coro.Coroutine).Dead)
	if i < 0 {
		if len(m.cos) == maxCoroutines {
			m.note(id, "full")
			return
		}
		i = len(m.cos)
		m.cos = append(m.cos, nil)
	}
	m.cos[i] = coro.New(func(v any) any {
		m.note(i, "start %s", describe(v))
		return m.loop(i, 1)
	})
	idLocal.SetOf(m.cos[i], i)
	m.note(id, "new %d", i)
}

// compare runs code on the engine and on the model.
func compare(t *testing.T, code []byte) {
	t.Helper()
	want := newModel(code).run()
	got := runOnMachine(code)
	got = got[:min(len(got), len(want)+1)]
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("program %q\nstep %d: got %q, want %q\nbefore: %s",
				code, i, got[i], want[i], strings.Join(want[max(0, i-30):i], "\n        "))
		}
	}
	if len(got) < len(want) {
		t.Fatalf("program %q\nended after %d steps, before %q", code, len(got), want[len(got)])
	}
}

var modelOps = flag.Int("model.ops", 100_000, "run about this many random operations in TestModel")

// TestModel runs random programs on the engine and on the model.
func TestModel(t *testing.T) {
	const size = 400 // bytes of a program; about half as many operations
	ops := *modelOps
	if testing.Short() || !stackful.Backend().Native {
		ops /= 4
	}
	for seed := range uint64(ops * 2 / size) {
		compare(t, randomProgram(seed, size))
	}
}

func randomProgram(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	code := make([]byte, size)
	for i := range code {
		code[i] = byte(r.Uint32())
	}
	return code
}

// FuzzModel is TestModel for programs that the fuzzer finds.
func FuzzModel(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomProgram(1000+seed, 60))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) > 4096 {
			t.Skip("too long")
		}
		compare(t, code)
	})
}

// TestCorpusIsKept checks that the programs of former failures are there to be run.
func TestCorpusIsKept(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("testdata", "fuzz", "FuzzModel"))
	if err != nil || len(entries) == 0 {
		t.Errorf("%d programs, %v", len(entries), err)
	}
}

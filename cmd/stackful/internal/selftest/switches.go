package selftest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/units"
)

// testSwitches has coroutines switch to each other at random, from changing
// depths, with values of their own on their stacks and in the heap, which they
// verify, while another goroutine collects garbage all the time.
func testSwitches(ctx context.Context, note io.Writer, d time.Duration) error {
	stop, collected := collectAll()
	defer stop()
	p := &party{root: coro.Current(), random: rand.New(rand.NewPCG(1, 2))}
	const members = 128
	for i := range members {
		p.members = append(p.members, coro.New(func(any) any {
			defer func() { p.left++ }()
			for p.failure == nil {
				p.dance(i, p.random.IntN(40))
			}
			return nil
		}))
	}
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		p.members[p.random.IntN(members)].Switch(&token{from: -1, check: -1})
		if p.failure != nil {
			return p.failure
		}
	}
	started := 0
	for _, c := range p.members {
		if c.Started() {
			started++
		}
		c.Kill()
	}
	switch {
	case p.failure != nil:
		return p.failure
	case p.left != started:
		return fmt.Errorf("of %d coroutines %d have ended", started, p.left)
	}
	fmt.Fprintf(note, "%s switches among %d coroutines, %d collections", units.Thousands(p.switches), started, collected())
	return nil
}

// collectAll starts a goroutine that does nothing but collect garbage.
func collectAll() (stop func(), collected func() int64) {
	var ended atomic.Bool
	var n atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !ended.Load() {
			runtime.GC()
			n.Add(1)
		}
	}()
	return func() {
		ended.Store(true)
		<-done
	}, n.Load
}

// A party is coroutines that pass tokens.
type party struct {
	root     *coro.Coroutine
	members  []*coro.Coroutine
	random   *rand.Rand
	switches int64
	left     int
	failure  error // the first one; then all end
}

// A token is the value of a switch: check is the complement of from.
type token struct {
	from, check int
	ballast     []byte
}

// dance goes down by depth calls, and there passes a token to somebody. On its way back it
// verifies the values in its frames and in the heap: a stack that was not scanned, or was moved
// wrongly, shows there. It is not inlined, so that there is a frame for each call.
//
//go:noinline
func (p *party) dance(who, depth int) {
	local := [4]int{who, depth, who + depth, who * depth}
	heap := &token{from: who, check: ^who, ballast: make([]byte, 16+depth)}
	if depth > 0 {
		p.dance(who, depth-1)
	} else {
		p.pass(who, heap)
	}
	if local != [4]int{who, depth, who + depth, who * depth} || heap.from != who || heap.check != ^who || len(heap.ballast) != 16+depth {
		p.fail("coroutine %d: its own data has changed at depth %d", who, depth)
	}
}

// pass switches to a member at random, with a token, and verifies the answer and the current
// coroutine.
func (p *party) pass(who int, mine *token) {
	to := p.members[p.random.IntN(len(p.members))]
	if p.switches++; p.switches%1024 == 0 {
		to = p.root // it looks at the clock
	}
	got := to.Switch(mine)
	t, ok := got.(*token)
	switch {
	case coro.Current() != p.members[who]:
		p.fail("coroutine %d: Current is another one", who)
	case !ok:
		p.fail("coroutine %d: got a %T", who, got)
	case t.check != ^t.from && t.from != -1:
		p.fail("coroutine %d: got a token with %d, %d", who, t.from, t.check)
	}
}

// fail keeps the first failure.
func (p *party) fail(format string, args ...any) {
	if p.failure == nil {
		p.failure = fmt.Errorf(format, args...)
	}
}

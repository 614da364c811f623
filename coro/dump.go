package coro

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"weak"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// SetName gives c a name for String and Dump.
func (c *Coroutine) SetName(name string) {
	c.check("SetName")
	c.needExtra().name = name
}

// Name returns the name of c, empty if none was set.
func (c *Coroutine) Name() string {
	c.check("Name")
	if c.extra == nil {
		return ""
	}
	return c.extra.name
}

// String returns greenlet's text: the address, and the state in words: pending,
// "current active started", "suspended active started" or dead, and main for a
// root. Any goroutine may call it; on another one than c's own it cannot tell
// name and current or suspended, and leaves them out.
func (c *Coroutine) String() string {
	words := []string{fmt.Sprintf("<coro %p", c)}
	mine := c.realStack().Owned()
	if mine && c.extra != nil && c.extra.name != "" {
		words = append(words, fmt.Sprintf("%q", c.extra.name))
	}
	switch {
	case c.Dead():
		words = append(words, "dead")
	case !c.Started():
		words = append(words, "pending")
	default:
		if mine && stackful.Current() == c.realStack() {
			words = append(words, "current")
		} else if mine {
			words = append(words, "suspended")
		}
		words = append(words, "active started")
	}
	if c.realStack() == c.realStack().Root() {
		words = append(words, "main")
	}
	return strings.Join(words, " ") + ">"
}

// tracked holds the coroutines that were made while Track was on.
var tracked struct {
	on   atomic.Bool
	mu   runtimepatch.Mutex
	all  []weak.Pointer[Coroutine]
	goal int // sweep when all has grown to this length
}

// Track turns on, or off, that new coroutines of all goroutines are kept in a
// list, weakly, with the place that made them, for Dump to show. It returns what
// it was before. It is off at first, since it makes New many times slower.
func Track(on bool) (was bool) {
	was = tracked.on.Swap(on)
	switch {
	case on && !was:
		slowNew.Add(1)
	case was && !on:
		slowNew.Add(-1)
	}
	return was
}

func track(c *Coroutine) {
	if !tracked.on.Load() {
		return
	}
	pcs := make([]uintptr, 16)
	r := c.needExtra()
	r.created = pcs[:runtime.Callers(4, pcs)]
	t := &tracked
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) >= t.goal {
		t.all = append([]weak.Pointer[Coroutine](nil), livingWeak(t.all)...)
		t.goal = 64 + 2*len(t.all)
	}
	t.all = append(t.all, weak.Make(c))
}

func livingWeak(all []weak.Pointer[Coroutine]) (living []weak.Pointer[Coroutine]) {
	for _, w := range all {
		if c := w.Value(); c != nil && !c.Dead() {
			living = append(living, w)
		}
	}
	return living
}

// Dump writes what the coroutines of the process are doing: the tree of the
// calling goroutine, each coroutine with its state, its frames and its creator, then
// those of other goroutines, with the state that can be read from here. It is like
// gevent's print_run_info.
//
// It knows the current coroutine, its ancestors, and all that were made while
// Track was on. The text is for people; its form may change.
func Dump(w io.Writer) error {
	d := dumper{children: make(map[*Coroutine][]*Coroutine), seen: make(map[*Coroutine]bool)}
	var foreign []*Coroutine
	t := &tracked
	t.mu.Lock()
	all := t.all[:len(t.all):len(t.all)]
	t.mu.Unlock()
	for _, known := range livingWeak(all) {
		switch c := known.Value(); {
		case c == nil:
		case c.realStack().Owned():
			d.add(c)
		default:
			foreign = append(foreign, c)
		}
	}
	d.add(Current())
	d.write(Current().Root(), 0)
	if len(foreign) > 0 {
		fmt.Fprintf(&d.text, "on other goroutines:\n")
		for _, c := range foreign {
			fmt.Fprintf(&d.text, "    %v\n", c)
			d.writeCreated(c, "        ")
		}
	}
	_, err := io.WriteString(w, d.text.String())
	return err
}

type dumper struct {
	text     strings.Builder
	children map[*Coroutine][]*Coroutine
	seen     map[*Coroutine]bool
}

// add notes c and its ancestors.
func (d *dumper) add(c *Coroutine) {
	for ; c != nil && !d.seen[c]; c = c.effectiveParent() {
		d.seen[c] = true
		if p := c.effectiveParent(); p != nil {
			d.children[p] = append(d.children[p], c)
		}
	}
}

func (d *dumper) write(c *Coroutine, depth int) {
	indent := strings.Repeat("    ", depth)
	fmt.Fprintf(&d.text, "%s%v\n", indent, c)
	for _, f := range c.Frames() {
		fmt.Fprintf(&d.text, "%s    at %s\n", indent, frameText(f))
	}
	d.writeCreated(c, indent+"    ")
	for _, child := range d.children[c] {
		d.write(child, depth+1)
	}
}

func (d *dumper) writeCreated(c *Coroutine, indent string) {
	if c.extra == nil || len(c.extra.created) == 0 {
		return
	}
	for _, f := range visible(c.extra.created) {
		fmt.Fprintf(&d.text, "%screated by %s\n", indent, frameText(f))
		return
	}
}

func frameText(f runtime.Frame) string {
	return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line)
}

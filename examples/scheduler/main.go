// Scheduler is a scheduler of coroutines in seventy lines, in virtual time: scripts that sleep,
// start other scripts and wait for them. It shows what parents are for: a script that ends goes to
// its parent, and that must be the scheduler, not the script that has started it. (Package poller is
// such a scheduler, with descriptors and real time.)
package main

import (
	"container/heap"
	"fmt"
	"io"
	"os"

	"github.com/stackful-go/stackful/coro"
)

func main() { day(os.Stdout) }

// day is a program of three scripts.
func day(w io.Writer) {
	s := newScheduler()
	say := func(text string) { fmt.Fprintf(w, "%2d:00 %s\n", s.now, text) }
	s.start(func() {
		s.sleep(8)
		say("the shop opens")
		baker := s.start(func() {
			for range 3 {
				s.sleep(1)
				say("a loaf is done")
			}
		})
		s.sleep(2)
		say("a customer comes")
		s.join(baker)
		say("all bread is there: the shop closes")
	})
	s.start(func() {
		s.sleep(9)
		say("the mail comes")
	})
	s.run()
}

// A scheduler resumes scripts, each a coroutine, when they are due.
type scheduler struct {
	loop    *coro.Coroutine // where run is: the parent of all scripts
	now     int
	due     queue
	started int
	waiters map[*coro.Coroutine][]*coro.Coroutine // of scripts, for the end of another
}

func newScheduler() *scheduler {
	return &scheduler{loop: coro.Current(), waiters: make(map[*coro.Coroutine][]*coro.Coroutine)}
}

// start starts a script, which runs when the caller waits. By coro.New its parent would be the
// script that calls start: that one would be resumed by its end, in the middle of a sleep.
func (s *scheduler) start(script func()) *coro.Coroutine {
	c := coro.NewChildOf(s.loop, func(any) any { script(); return nil })
	s.wakeAt(s.now, c)
	return c
}

// sleep has the calling script go on when some hours have passed.
func (s *scheduler) sleep(hours int) {
	s.wakeAt(s.now+hours, coro.Current())
	s.loop.Switch(nil)
}

// join has it go on when another script has ended.
func (s *scheduler) join(c *coro.Coroutine) {
	if !c.Dead() {
		s.waiters[c] = append(s.waiters[c], coro.Current())
		s.loop.Switch(nil)
	}
}

// run resumes scripts until none is due.
func (s *scheduler) run() {
	for len(s.due) > 0 {
		e := heap.Pop(&s.due).(entry)
		s.now = e.at
		e.script.Switch(nil) // back when it waits, or has ended
		if e.script.Dead() {
			for _, c := range s.waiters[e.script] {
				s.wakeAt(s.now, c)
			}
			delete(s.waiters, e.script)
		}
	}
}

func (s *scheduler) wakeAt(at int, script *coro.Coroutine) {
	s.started++
	heap.Push(&s.due, entry{at, s.started, script})
}

// A queue is a heap of entries, by time and then by their order.
type queue []entry

type entry struct {
	at, order int
	script    *coro.Coroutine
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(e any)   { *q = append(*q, e.(entry)) }
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

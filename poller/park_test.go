package poller

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A parkKind is one function that parks, with the queues that the caller is in meanwhile.
type parkKind struct {
	park   func(h *hub, at int64) error // if raises, the result is never errInterrupted
	queues []*waitQueue
	raises bool
}

// parkKinds has each function of park.go, with each kind of lock, and those of descriptors.
var parkKinds = map[string]func() *parkKind{}

func init() {
	for name, newLock := range map[string]func() waitLock{
		"hubLock":    func() waitLock { return new(biased.Lock) },
		"sync.Mutex": func() waitLock { return (*syncLock)(new(sync.Mutex)) },
		"no lock":    func() waitLock { return noLock{} },
	} {
		parkKinds["park, "+name] = func() *parkKind {
			mu, q := newLock(), new(waitQueue)
			return &parkKind{raises: true, queues: []*waitQueue{q}, park: func(h *hub, at int64) error {
				mu.Lock(h.lockID())
				return park(h, mu, q, parkMutex, at)
			}}
		}
		parkKinds["parkNoRaise, "+name] = func() *parkKind {
			mu, q := newLock(), new(waitQueue)
			return &parkKind{queues: []*waitQueue{q}, park: func(h *hub, at int64) error {
				mu.Lock(h.lockID())
				return parkNoRaise(h, mu, q, parkMutex, at)
			}}
		}
		parkKinds["parkQueued, "+name] = func() *parkKind {
			mu, q := newLock(), new(waitQueue)
			return &parkKind{queues: []*waitQueue{q}, park: func(h *hub, at int64) error {
				mu.Lock(h.lockID())
				n := &waitNode{w: beginWait(h, parkMutex)} // not the waiter's own
				q.push(n)
				return parkQueued(h, mu, n, at)
			}}
		}
	}
}

func init() {
	parkKinds["parkEither"] = func() *parkKind {
		mu1, mu2, q1, q2 := new(biased.Lock), new(sync.Mutex), new(waitQueue), new(waitQueue)
		return &parkKind{queues: []*waitQueue{q1, q2}, park: func(h *hub, at int64) error {
			mu1.Lock(h.lockID())
			mu2.Lock()
			return parkEither(h, mu1, q1, (*syncLock)(mu2), q2, parkAccept, at)
		}}
	}
}

// However a wait has ended, the waiter's nodes are in no queue when the function that
// parks has come to its end, and no lock is held; an interruption was raised, or is the
// result.
func TestPark_leavesNoNode(t *testing.T) {
	for name, newKind := range parkKinds {
		t.Run(name, func(t *testing.T) {
			run(t, func() {
				k := newKind()
				for i := range k.queues {
					testPark(t, k, fmt.Sprint("claimed in queue ", i), nil, func(h *hub, _ *Task) {
						k.queues[i].claim(nil).resume(h)
					})
					testPark(t, k, fmt.Sprint("refused in queue ", i), os.ErrClosed, func(h *hub, _ *Task) {
						k.queues[i].wakeAll(h, os.ErrClosed)
					})
				}
				testPark(t, k, "deadline", os.ErrDeadlineExceeded, func(h *hub, waiting *Task) {
					h.timers.disarm(&waiting.work.timer)
					waiting.work.expire(0)
				})
				testPark(t, k, "interrupted", errInterrupted, func(_ *hub, waiting *Task) { waiting.KillNoWait() })
			})
			k := newKind()
			if err := k.park(nil, after(time.Microsecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("outside of any task: %v", err)
			}
			if wrong := none(k.queues...); wrong != "" {
				t.Errorf("outside of any task: %s", wrong)
			}
		})
	}
}

// An interruption that came before the wait ends it before it has begun.
func TestPark_interruptedBefore(t *testing.T) {
	for name, newKind := range parkKinds {
		t.Run(name, func(t *testing.T) {
			run(t, func() {
				k := newKind()
				var victim *Task
				returned := false
				victim = Go(func() {
					victim.kill()
					raise(victim.hub, k.park(victim.hub, after(time.Hour)))
					returned = true
				})
				if err := victim.Join(); err != ErrKilled || returned {
					t.Errorf("ended with %v", err)
				}
				if wrong := none(k.queues...); wrong != "" {
					t.Error(wrong)
				}
			})
		})
	}
}

// testPark has a task park, ends its wait, and looks at what is left.
func testPark(t *testing.T, k *parkKind, how string, want error, end func(h *hub, waiting *Task)) {
	t.Helper()
	h := currentHub()
	var err error
	returned := false
	waiting := Go(func() {
		err = k.park(h, after(time.Hour))
		returned = true
		raise(h, err)
	})
	Yield()
	for i, q := range k.queues {
		if q.head == nil || q.head != q.tail {
			t.Fatalf("%s: the caller is not in queue %d", how, i)
		}
	}
	end(h, waiting)
	waiting.Join()
	if wrong := none(k.queues...); wrong != "" {
		t.Errorf("%s: %s", how, wrong)
	}
	switch ended := waiting.Err(); {
	case want != errInterrupted:
		if err != want || ended != nil {
			t.Errorf("%s: %v, the task ended with %v", how, err, ended)
		}
	case ended != ErrKilled || returned == k.raises || returned && err != want:
		t.Errorf("%s: returned %t with %v, the task ended with %v", how, returned, err, ended)
	}
	if len(h.timers.heap) != 0 {
		t.Errorf("%s: a timer is left", how)
	}
}

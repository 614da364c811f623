package poller

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A parkKind is one function that parks, with the queues that the caller is in meanwhile.
type parkKind struct {
	park   func(h *sched.Hub, at int64) error // if raises, the result is never sched.ErrInterrupted
	queues []*sched.Queue
	raises bool
}

// parkKinds has each function of park.go, with each kind of lock, and those of descriptors.
var parkKinds = map[string]func() *parkKind{}

func init() {
	for name, newLock := range map[string]func() sched.Locker{
		"biased.Lock": func() sched.Locker { return new(biased.Lock) },
		"sync.Mutex":  func() sched.Locker { return (*sched.Mutex)(new(runtimepatch.Mutex)) },
		"no lock":     func() sched.Locker { return sched.NoLock{} },
	} {
		parkKinds["park, "+name] = func() *parkKind {
			mu, q := newLock(), new(sched.Queue)
			return &parkKind{raises: true, queues: []*sched.Queue{q}, park: func(h *sched.Hub, at int64) error {
				mu.Lock(h.LockID())
				return sched.Park(h, mu, q, sched.ParkMutex, at)
			}}
		}
		parkKinds["parkNoRaise, "+name] = func() *parkKind {
			mu, q := newLock(), new(sched.Queue)
			return &parkKind{queues: []*sched.Queue{q}, park: func(h *sched.Hub, at int64) error {
				mu.Lock(h.LockID())
				return sched.ParkNoRaise(h, mu, q, sched.ParkMutex, at)
			}}
		}
		parkKinds["parkQueued, "+name] = func() *parkKind {
			mu, q := newLock(), new(sched.Queue)
			return &parkKind{queues: []*sched.Queue{q}, park: func(h *sched.Hub, at int64) error {
				mu.Lock(h.LockID())
				n := &sched.Node{W: sched.BeginWait(h, sched.ParkMutex)} // not the waiter's own
				q.Push(n)
				return sched.ParkQueued(h, mu, n, at)
			}}
		}
	}
}

func init() {
	parkKinds["parkEither"] = func() *parkKind {
		mu1, mu2, q1, q2 := new(biased.Lock), new(runtimepatch.Mutex), new(sched.Queue), new(sched.Queue)
		return &parkKind{queues: []*sched.Queue{q1, q2}, park: func(h *sched.Hub, at int64) error {
			mu1.Lock(h.LockID())
			mu2.Lock()
			return sched.ParkEither(h, mu1, q1, (*sched.Mutex)(mu2), q2, sched.ParkAccept, at)
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
					testPark(t, k, fmt.Sprint("claimed in queue ", i), nil, func(h *sched.Hub, _ *Task) {
						k.queues[i].Claim(nil).Resume(h)
					})
					testPark(t, k, fmt.Sprint("refused in queue ", i), os.ErrClosed, func(h *sched.Hub, _ *Task) {
						k.queues[i].WakeAll(h, os.ErrClosed)
					})
				}
				testPark(t, k, "deadline", os.ErrDeadlineExceeded, func(h *sched.Hub, waiting *Task) {
					h.Timers.Disarm(&waiting.Fiber.Timer)
					waiting.Fiber.Expire(0)
				})
				testPark(t, k, "interrupted", sched.ErrInterrupted, func(_ *sched.Hub, waiting *Task) { waiting.KillNoWait() })
			})
			k := newKind()
			if err := k.park(nil, sched.After(time.Microsecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
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
					victim.sched().KillLocal()
					sched.Raise(victim.Hub, k.park(victim.Hub, sched.After(time.Hour)))
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

// testPark has a task park, ends its wait, and checks that nothing of the wait is left.
func testPark(t *testing.T, k *parkKind, how string, want error, end func(h *sched.Hub, waiting *Task)) {
	t.Helper()
	h := sched.Here()
	var err error
	returned := false
	waiting := Go(func() {
		err = k.park(h, sched.After(time.Hour))
		returned = true
		sched.Raise(h, err)
	})
	Yield()
	for i, q := range k.queues {
		if q.Head == nil || q.Head != q.Tail {
			t.Fatalf("%s: the caller is not in queue %d", how, i)
		}
	}
	end(h, waiting)
	waiting.Join()
	if wrong := none(k.queues...); wrong != "" {
		t.Errorf("%s: %s", how, wrong)
	}
	switch ended := waiting.Err(); {
	case want != sched.ErrInterrupted:
		if err != want || ended != nil {
			t.Errorf("%s: %v, the task ended with %v", how, err, ended)
		}
	case ended != ErrKilled || returned == k.raises || returned && err != want:
		t.Errorf("%s: returned %t with %v, the task ended with %v", how, returned, err, ended)
	}
	if len(h.Timers.Entries) != 0 {
		t.Errorf("%s: a timer is left", how)
	}
}

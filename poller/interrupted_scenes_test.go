package poller

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// none is the check of an empty queue.
func none(queues ...*sched.Queue) string {
	for i, q := range queues {
		if q.Head != nil {
			return fmt.Sprintf("somebody is in queue %d", i)
		}
	}
	return ""
}

func is(ok bool, wrong string) string {
	if ok {
		return ""
	}
	return wrong
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

func noUndo() {}

// slowLocker is a Locker whose Lock waits in its own way.
type slowLocker struct{ s *Semaphore }

func (l slowLocker) Lock()   { Yield(); l.s.Acquire() }
func (l slowLocker) Unlock() { l.s.Release() }

// condScene is a Cond with the Locker l, which isFree says is free.
func condScene(l sync.Locker, isFree func() bool, held bool, wait func(*Cond)) *waitScene {
	c := NewCond(l)
	s := &waitScene{
		wait: func() {
			l.Lock()
			defer l.Unlock()
			wait(c)
		},
		wake:  c.Signal,
		undo:  c.Signal,
		check: func() string { return first(none(&c.queue), is(isFree(), "L is locked")) },
	}
	if held {
		s.hold, s.release = l.Lock, l.Unlock
	}
	return s
}

func mutexScene(lock func(*Mutex)) func(testing.TB) *waitScene {
	return func(testing.TB) *waitScene {
		m := new(Mutex)
		m.Lock()
		return &waitScene{
			wait: func() { lock(m) }, wake: m.Unlock, undo: m.Unlock,
			check: func() string { return first(none(&m.queue), is(!m.locked, "locked")) },
		}
	}
}

func rwMutexScene(hold, lock, unlock func(*RWMutex), free func(*RWMutex)) func(testing.TB) *waitScene {
	return func(testing.TB) *waitScene {
		m := new(RWMutex)
		hold(m)
		return &waitScene{
			wait: func() { lock(m) }, wake: func() { free(m) }, undo: func() { unlock(m) },
			check: func() string {
				return first(none(&m.queue), is(m.readers == 0 && !m.writing, "locked"))
			},
		}
	}
}

func recvScene(capacity int, recv func(c *Chan[int])) func(testing.TB) *waitScene {
	return func(testing.TB) *waitScene {
		c := NewChan[int](capacity)
		send := func() { c.TrySend(1) }
		return &waitScene{
			wait: func() { recv(c) }, wake: send, undo: send,
			check: func() string {
				return first(none(&c.receivers, &c.senders), is(c.Len() == capacity, fmt.Sprint("values: ", c.Len())))
			},
		}
	}
}

func sendScene(send func(c *Chan[int])) func(testing.TB) *waitScene {
	return func(testing.TB) *waitScene {
		c := NewChan[int](1)
		c.Send(0)
		recv := func() { c.TryRecv() }
		return &waitScene{
			wait: func() { send(c) }, wake: recv, undo: recv,
			check: func() string {
				return first(none(&c.receivers, &c.senders), is(c.Len() == 0, fmt.Sprint("values: ", c.Len())))
			},
		}
	}
}

// joinScene is a wait for a task to end, which wake ends.
func joinScene(wait func(*Task)) func(testing.TB) *waitScene {
	return func(testing.TB) *waitScene {
		var e Event
		task := Go(e.Wait)
		return &waitScene{
			wait: func() { wait(task) }, wake: e.Set, undo: noUndo,
			check: func() string {
				return first(none(&task.Joiners, &e.queue), is(task.Ended(), "the task goes on"))
			},
		}
	}
}

var waitScenes = map[string]func(testing.TB) *waitScene{
	"Mutex.Lock":        mutexScene((*Mutex).Lock),
	"Mutex.LockTimeout": mutexScene(func(m *Mutex) { m.LockTimeout(time.Hour) }),
	"RWMutex.Lock": rwMutexScene((*RWMutex).RLock, (*RWMutex).Lock, (*RWMutex).Unlock,
		(*RWMutex).RUnlock),
	"RWMutex.RLock": rwMutexScene((*RWMutex).Lock, (*RWMutex).RLock, (*RWMutex).RUnlock,
		(*RWMutex).Unlock),
	"Chan.Recv":        recvScene(1, func(c *Chan[int]) { c.Recv() }),
	"Chan.Recv 0":      recvScene(0, func(c *Chan[int]) { c.Recv() }),
	"Chan.RecvTimeout": recvScene(1, func(c *Chan[int]) { c.RecvTimeout(time.Hour) }),
	"Select recv":      recvScene(1, func(c *Chan[int]) { Select(NewChan[int](0).OnRecv(nil, nil), c.OnRecv(nil, nil)) }),
	"Chan.Send":        sendScene(func(c *Chan[int]) { c.Send(1) }),
	"Chan.SendTimeout": sendScene(func(c *Chan[int]) { c.SendTimeout(1, time.Hour) }),
	"Select send":      sendScene(func(c *Chan[int]) { SelectTimeout(time.Hour, NewChan[int](0).OnRecv(nil, nil), c.OnSend(1)) }),
	"Task.Join":        joinScene(func(t *Task) { t.Join() }),
	"Task.JoinTimeout": joinScene(func(t *Task) { t.JoinTimeout(time.Hour) }),
	"JoinAny":          joinScene(func(t *Task) { JoinAny(t, t) }),

	"Queue.Get": func(testing.TB) *waitScene {
		q := NewQueue[int](0)
		put := func() { q.Put(1) }
		return &waitScene{
			wait: func() { q.Get() }, wake: put, undo: put,
			check: func() string {
				return first(none(&q.getters, &q.putters), is(q.Len() == 1, fmt.Sprint("values: ", q.Len())))
			},
		}
	},
	"Queue.Put": func(testing.TB) *waitScene {
		q := NewQueue[int](1)
		q.Put(0)
		get := func() { q.Get() }
		return &waitScene{
			wait: func() { q.Put(1) }, wake: get, undo: get,
			check: func() string {
				return first(none(&q.getters, &q.putters), is(q.Len() == 0, fmt.Sprint("values: ", q.Len())))
			},
		}
	},
	"Semaphore.Acquire": func(testing.TB) *waitScene {
		s := NewSemaphore(0)
		return &waitScene{
			wait: s.Acquire, wake: s.Release, undo: s.Release,
			check: func() string { return first(none(&s.queue), is(s.Free() == 1, fmt.Sprint("free: ", s.Free()))) },
		}
	},
	"Event.Wait": func(testing.TB) *waitScene {
		e := new(Event)
		return &waitScene{wait: e.Wait, wake: e.Set, undo: noUndo, check: func() string { return none(&e.queue) }}
	},
	"WaitGroup.Wait": func(testing.TB) *waitScene {
		g := new(WaitGroup)
		g.Add(1)
		return &waitScene{wait: g.Wait, wake: g.Done, undo: noUndo, check: func() string { return none(&g.queue) }}
	},
	"Cond.Wait": func(testing.TB) *waitScene {
		m := new(Mutex)
		return condScene(m, func() bool { return !m.locked }, false, (*Cond).Wait)
	},
	"Cond.Wait, L held": func(testing.TB) *waitScene {
		m := new(Mutex)
		return condScene(m, func() bool { return !m.locked }, true, (*Cond).Wait)
	},
	"Cond.WaitTimeout, L held": func(testing.TB) *waitScene {
		m := new(RWMutex)
		return condScene(m, func() bool { return !m.writing }, true, func(c *Cond) { c.WaitTimeout(time.Hour) })
	},
	"Cond.Wait, L a reader's": func(testing.TB) *waitScene {
		m := new(RWMutex)
		s := condScene(m.RLocker(), func() bool { return m.readers == 0 }, true, (*Cond).Wait)
		s.hold, s.release = m.Lock, m.Unlock
		return s
	},
	"Cond.Wait, L waits, held": func(testing.TB) *waitScene {
		l := slowLocker{NewSemaphore(1)}
		return condScene(l, func() bool { return l.s.Free() == 1 }, true, (*Cond).Wait)
	},
	"Future.Get": func(testing.TB) *waitScene {
		var e Event
		f := Async(func() (int, error) { e.Wait(); return 1, nil })
		return &waitScene{
			wait: func() { f.Get() }, wake: e.Set, undo: noUndo,
			check: func() string { return first(none(&f.task.Joiners), is(f.Ready(), "not ready")) },
		}
	},
	"Group.Join": func(testing.TB) *waitScene {
		var e Event
		g := new(Group)
		g.Go(func() error { e.Wait(); return nil })
		return &waitScene{
			wait: func() { g.Join() }, wake: e.Set, undo: noUndo,
			check: func() string { return is(g.Len() == 0, "not empty") },
		}
	},
	"Group.Kill": func(testing.TB) *waitScene {
		var e Event
		g := new(Group)
		g.Go(func() error {
			defer e.Wait() // after ErrKilled
			e.Wait()
			return nil
		})
		return &waitScene{
			wait: g.Kill, wake: e.Set, undo: noUndo,
			check: func() string { return is(g.Len() == 0 && g.killing == 0, "not empty") },
		}
	},
	"Group.Go": func(testing.TB) *waitScene {
		var e Event
		g := NewPool(1)
		g.Go(func() error { e.Wait(); return nil })
		return &waitScene{
			wait: func() { g.Go(func() error { return nil }) }, wake: e.Set, undo: noUndo,
			check: func() string {
				return first(none(&g.room.queue), is(g.Len() == 0 && g.room.Free() == 1, "no room"))
			},
		}
	},
	"Sleep": func(testing.TB) *waitScene {
		h := sched.Here()
		return &waitScene{
			wait: func() { Sleep(time.Hour) },
			wake: func() {
				for k := h.Fibers.All; k != nil; k = k.Older {
					if k.Timer.Place > 0 {
						h.Timers.Disarm(&k.Timer)
						k.Expire(0)
					}
				}
			},
			undo: noUndo, check: func() string { return "" },
		}
	},
	"Await": func(testing.TB) *waitScene {
		gate := make(chan struct{})
		var n atomic.Int32
		return &waitScene{
			wait: func() {
				Await(func() (int, error) { n.Add(1); defer n.Add(-1); <-gate; return 0, nil })
			},
			wake: func() { close(gate) }, undo: noUndo, after: 10 * time.Second,
			check: func() string { return is(n.Load() == 0, "a call goes on") },
		}
	},
	"Pipe.Read": func(t testing.TB) *waitScene {
		a, b := Pipe()
		var writers []*Task
		write := func() {
			writers = append(writers, Go(func() { b.Write([]byte{1}) }))
		}
		p := a.(*pipeConn).in
		return &waitScene{
			wait: func() { a.Read(make([]byte, 1)) }, wake: write, undo: write,
			check: func() string {
				for _, w := range writers {
					w.Kill()
				}
				return first(none(&p.readers, &p.writer, &p.writers), is(p.offer == nil, "an offer is left"))
			},
		}
	},
	"Pipe.Write": func(t testing.TB) *waitScene {
		a, b := Pipe()
		var readers []*Task
		read := func() {
			readers = append(readers, Go(func() { b.Read(make([]byte, 1)) }))
		}
		p := a.(*pipeConn).out
		return &waitScene{
			wait: func() { a.Write([]byte{1}) }, wake: read, undo: read,
			check: func() string {
				for _, r := range readers {
					r.Kill()
				}
				return first(none(&p.readers, &p.writer, &p.writers), is(p.offer == nil, "an offer is left"))
			},
		}
	},
}

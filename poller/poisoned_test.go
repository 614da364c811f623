package poller

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// poison gives every field of the struct v something that is not its zero value, but for
// those in keep. A field that is added is covered by itself.
func poison(t *testing.T, v reflect.Value, path string, keep map[string]bool) {
	t.Helper()
	if used, ok := keep[path]; ok && !used {
		keep[path] = true
	}
	if _, ok := keep[path]; ok {
		return
	}
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // also if it is not exported
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if path != "" {
				name = path + "." + name
			}
			poison(t, v.Field(i), name, keep)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.UnsafePointer:
		v.SetPointer(unsafe.Pointer(new([64]uintptr)))
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), 1, 1)
		if e := s.Index(0); e.Kind() == reflect.Pointer {
			e.Set(reflect.New(e.Type().Elem()))
		}
		v.Set(s)
	case reflect.Chan:
		v.Set(reflect.MakeChan(v.Type(), 1))
	case reflect.Interface:
		err := reflect.ValueOf(errors.New("poison"))
		if !err.Type().AssignableTo(v.Type()) {
			t.Fatalf("%s: no poison for %v", path, v.Type())
		}
		v.Set(err)
	case reflect.Func:
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value { panic("poison of " + path) }))
	case reflect.Array:
		for i := range v.Len() {
			poison(t, v.Index(i), path, keep)
		}
	default:
		t.Fatalf("%s: no poison for %v", path, v.Type())
	}
}

// poisoned is poison of a whole struct, and fails if keep has what is no field.
func poisoned(t *testing.T, v reflect.Value, keep ...string) {
	t.Helper()
	kept := map[string]bool{}
	for _, k := range keep {
		kept[k] = false
	}
	poison(t, v, "", kept)
	for k, found := range kept {
		if !found {
			t.Errorf("there is no field %s", k)
		}
	}
}

// everyWait makes waits of each kind. between is called before each of them.
func everyWait(t *testing.T, between func()) {
	step := func(name string, f func() bool) {
		t.Helper()
		between()
		if !f() {
			t.Error(name)
		}
	}
	c, full := NewChan[int](0), NewChan[int](1)
	full.Send(1)
	never := Go(func() { Sleep(time.Hour) })
	defer never.Kill()
	var m Mutex
	m.Lock()
	step("Yield", func() bool { Yield(); return true })
	step("Sleep", func() bool { Sleep(time.Microsecond); return true })
	step("SelectTimeout", func() bool {
		v, ok := 7, true
		i := SelectTimeout(time.Microsecond, c.OnRecv(&v, &ok), full.OnSend(2))
		return i == -1 && v == 7 && ok
	})
	step("JoinAnyTimeout", func() bool { return JoinAnyTimeout(time.Microsecond, never, never) == nil })
	step("JoinTimeout", func() bool { return never.JoinTimeout(time.Microsecond) == os.ErrDeadlineExceeded })
	step("Join", func() bool { return Go(Yield).Join() == nil })
	step("JoinAny", func() bool { quick := Go(Yield); return JoinAny(never, quick) == quick })
	step("SelectTimeout after JoinAny", func() bool {
		return SelectTimeout(time.Microsecond, c.OnRecv(nil, nil)) == -1
	})
	step("LockTimeout", func() bool { return !m.LockTimeout(time.Microsecond) })
	step("Lock", func() bool { Go(m.Unlock); m.Lock(); return true })
	step("Recv", func() bool { Go(func() { c.Send(3) }); v, ok := c.Recv(); return v == 3 && ok })
	step("RecvTimeout", func() bool { _, ok, err := c.RecvTimeout(time.Microsecond); return !ok && err != nil })
	step("Send", func() bool { Go(func() { c.Recv() }); c.Send(4); return true })
	step("Select", func() bool {
		var v int
		Go(func() { c.Send(5) })
		return Select(NewChan[int](0).OnRecv(nil, nil), c.OnRecv(&v, nil)) == 1 && v == 5
	})
	step("AcquireTimeout", func() bool { return !NewSemaphore(0).AcquireTimeout(time.Microsecond) })
	step("GetTimeout", func() bool { _, err := NewQueue[int](0).GetTimeout(time.Microsecond); return err != nil })
	step("WaitTimeout", func() bool { return !new(Event).WaitTimeout(time.Microsecond) })
	step("Cond", func() bool { return !NewCond(&m).WaitTimeout(time.Microsecond) })
	step("Await", func() bool { v, err := Await(func() (int, error) { return 6, nil }); return v == 6 && err == nil })
	step("WithTimeout", func() bool {
		return WithTimeout(time.Hour, func() error { Yield(); return nil }) == nil
	})
	step("WithTimeout that ends", func() bool {
		return errors.Is(WithTimeout(time.Microsecond, func() error { Sleep(time.Hour); return nil }), os.ErrDeadlineExceeded)
	})
}

// No state that a task leaves in its fiber is seen by the next one.
func TestFiber_poisoned(t *testing.T) {
	for _, o := range []Options{{TimeSlice: -1}, {TimeSlice: -1, Labels: true}} {
		err := o.Run(func() {
			h := sched.Here()
			var k *sched.Fiber
			Go(func() { k = h.Current.Fiber }).Join()
			life := func(f func()) {
				t.Helper()
				if h.Fibers.Idle != k {
					t.Fatal("the fiber is not the next one")
				}
				poisoned(t, reflect.ValueOf(k).Elem(),
					"stack", "hub", "W.Fiber", "W.Node.W", "Timer.Owner", "mail.Owner", // the same for all tasks
					"Task", "next", "Older", "newer", // of an idle fiber
					"isOnce",      // then it is never idle
					"Timer.Place", // 0: TestFiber_nothingArmed
				)
				task := Go(func() {
					if h.Current.Fiber != k {
						t.Error("on another fiber")
					}
					if h.Labelled && !h.IsPortable && asm.GoroutineLabels() != nil {
						t.Error("it has labels")
					}
					f()
				})
				if err := task.Join(); err != nil {
					t.Error(err)
				}
			}
			life(func() {})
			life(Yield)
			life(func() { Sleep(time.Microsecond) })
			life(func() { everyWait(t, func() {}) })
			life(func() {
				if i := SelectTimeout(time.Microsecond, NewChan[int](0).OnRecv(nil, nil)); i != -1 {
					t.Error("SelectTimeout:", i)
				}
			})
			// One that is interrupted while it is ready, so not in a wait.
			if h.Fibers.Idle == k {
				poisoned(t, reflect.ValueOf(&k.W.State).Elem())
			}
			var e Event
			woken := false
			killed := Go(func() {
				func() {
					defer func() { recover() }()
					Yield()
				}()
				e.Wait()
				woken = true
			})
			Yield()
			killed.KillNoWait()
			Yield()
			Yield()
			if woken {
				t.Error("woken by nobody")
			}
			killed.Kill()
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// What a wait leaves in its task's waiter is not there for the next one.
func TestWaiter_poisoned(t *testing.T) {
	run(t, func() {
		w := &Current().Fiber.W
		everyWait(t, func() { poisoned(t, reflect.ValueOf(w).Elem(), "Fiber", "Node.W") })
	})
}

// However a task ends, its fiber has no timer that is armed, and is in no queue.
func TestFiber_nothingArmed(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		var m Mutex
		m.Lock()
		for name, f := range map[string]func(){
			"Sleep":       func() { Sleep(time.Hour) },
			"LockTimeout": func() { m.LockTimeout(time.Hour) },
			"Select":      func() { SelectTimeout(time.Hour, NewChan[int](0).OnRecv(nil, nil)) },
			"WithTimeout": func() { WithTimeout(time.Hour, func() error { m.Lock(); return nil }) },
		} {
			var k *sched.Fiber
			task := Go(func() { k = h.Current.Fiber; f() })
			Yield()
			task.Kill()
			if k.Timer.Place != 0 || k.W.Node.Queue != nil || k.W.Node.Elem != nil || m.queue.Head != nil || len(h.Timers.Entries) != 0 {
				t.Errorf("%s: left: %+v", name, &k.W)
			}
		}
	})
}

// A wait in several queues leaves nothing for a later one: neither of the same task, nor
// of the next task on its fiber, nor of the goroutine.
func TestSelect_afterJoinAny(t *testing.T) {
	c := NewChan[int](0)
	idle := func(t *testing.T, when string) {
		t.Helper()
		v, ok := 7, true
		if i := SelectTimeout(time.Microsecond, c.OnRecv(&v, &ok)); i != -1 || v != 7 || !ok {
			t.Errorf("%s: SelectTimeout = %d, v %d, ok %v", when, i, v, ok)
		}
		if i := SelectTimeout(time.Microsecond, c.OnSend(1)); i != -1 {
			t.Errorf("%s: SelectTimeout to send = %d", when, i)
		}
		if i := SelectTimeout(time.Microsecond); i != -1 {
			t.Errorf("%s: SelectTimeout of nothing = %d", when, i)
		}
	}
	joinAny := func() { JoinAny(Go(func() { Sleep(time.Microsecond) }), Go(func() { Sleep(time.Hour) })) }
	run(t, func() {
		joinAny()
		idle(t, "in the same task")
		Go(joinAny).Join()
		Go(func() { idle(t, "in the next task") }).Join()
		a, b := Go(func() { Sleep(time.Millisecond) }), Go(func() { Sleep(time.Hour) })
		Await(func() (int, error) {
			JoinAny(a, b)
			idle(t, "on a goroutine")
			return 0, nil
		})
	})
}

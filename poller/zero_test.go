package poller

import (
	"errors"
	"net"
	"testing"
	"time"
)

// A zero value works, or fails at once with an error or a panic that says why: it neither waits
// for ever nor uses descriptor 0.
func TestZeroValues_fail(t *testing.T) {
	b := make([]byte, 4)
	conn, listener, packets := new(Conn), new(Listener), new(PacketConn)
	for name, call := range map[string]func() error{
		"Conn.Read":               func() error { _, err := conn.Read(b); return err },
		"Conn.Write":              func() error { _, err := conn.Write(b); return err },
		"Conn.CloseWrite":         conn.CloseWrite,
		"Conn.SetDeadline":        func() error { return conn.SetDeadline(time.Now()) },
		"Conn.SetNoDelay":         func() error { return conn.SetNoDelay(true) },
		"Conn.File":               func() error { _, err := conn.File(); return err },
		"Conn.SyscallConn":        func() error { _, err := conn.SyscallConn(); return err },
		"Conn.Close":              conn.Close,
		"Listener.Accept":         func() error { _, err := listener.Accept(); return err },
		"Listener.SetDeadline":    func() error { return listener.SetDeadline(time.Now()) },
		"Listener.File":           func() error { _, err := listener.File(); return err },
		"Listener.Close":          listener.Close,
		"PacketConn.ReadFrom":     func() error { _, _, err := packets.ReadFrom(b); return err },
		"PacketConn.WriteTo":      func() error { _, err := packets.WriteTo(b, &net.UDPAddr{Port: 9}); return err },
		"PacketConn.Close":        packets.Close,
		"File.Read":               func() error { _, err := new(File).Read(b); return err },
		"File.Close":              new(File).Close,
		"Task.Join":               func() error { return new(Task).Join() },
		"Cmd.Run":                 func() error { return new(Cmd).Run() },
		"Cond.Wait":               func() error { new(Cond).Wait(); return nil },
		"Cond.WaitTimeout":        func() error { new(Cond).WaitTimeout(time.Hour); return nil },
		"Future.Get":              func() error { _, err := new(Future[int]).Get(); return err },
		"Future.Err":              func() error { return new(Future[int]).Err() },
		"Hub.Go":                  func() error { return Hub{}.Go(func() {}) },
		"Hub.Stats":               func() error { _, err := Hub{}.Stats(); return err },
		"Call":                    func() error { _, err := Call(Hub{}, func() (int, error) { return 0, nil }); return err },
		"Select":                  func() error { Select(Case{}); return nil },
		"SelectTimeout":           func() error { SelectTimeout(time.Hour, Case{}); return nil },
		"TrySelect":               func() error { TrySelect(Case{}); return nil },
		"Semaphore.TryAcquire":    func() error { return errorUnless(!new(Semaphore).TryAcquire()) },
		"Semaphore without limit": func() error { return errorUnless(!new(Semaphore).AcquireTimeout(0)) },
	} {
		done := make(chan any, 1)
		go func() {
			defer func() {
				if v := recover(); v != nil {
					done <- v
				}
			}()
			done <- call()
		}()
		select {
		case v := <-done:
			if err, ok := v.(error); !ok || err == nil {
				t.Errorf("%s: %v, want an error", name, v)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s waits for ever", name)
		}
	}
	for _, call := range []func(){
		func() { new(Cond).Wait() },
		func() { new(Future[int]).Get() },
		func() { Hub{}.Go(func() {}) },
		func() { Select(Case{}) },
	} {
		var usage *UsageError
		if err, ok := panicOf(call).(error); !ok || !errors.As(err, &usage) {
			t.Errorf("panic %v, want a *UsageError", err)
		}
	}
}

func errorUnless(refused bool) error {
	if refused {
		return errors.New("refused, as it should be")
	}
	return nil
}

func TestZeroValues_work(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		var (
			c     Chan[int]
			q     Queue[int]
			mu    Mutex
			rw    RWMutex
			event Event
			wg    WaitGroup
			group Group
			sem   Semaphore
			local Local[int]
			cond  = Cond{L: &mu}
		)
		wg.Go(func() { c.Send(1) })
		if v, ok := c.Recv(); v != 1 || !ok {
			t.Error(v, ok)
		}
		wg.Wait()
		needNil(t, q.Put(2))
		if v, ok := q.Get(); v != 2 || !ok {
			t.Error(v, ok)
		}
		mu.Lock()
		if cond.WaitTimeout(0) {
			t.Error("nobody has signalled")
		}
		mu.Unlock()
		rw.RLock()
		if rw.TryLock() {
			t.Error("there is a reader")
		}
		rw.RUnlock()
		event.Set()
		event.Wait()
		group.GoFunc(func() { local.Set(3) })
		needNil(t, group.Join())
		if local.Get() != 0 {
			t.Error("the local of another task")
		}
		sem.Release()
		sem.Acquire()
	})
}

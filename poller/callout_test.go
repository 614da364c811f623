//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every call that would wait panics in a function that the hub itself calls, with its
// name, whatever it is that it would wait for.
func TestCallOut_mustNotWait(t *testing.T) {
	mustEnd(t)
	path := filepath.Join(t.TempDir(), "f")
	needNil(t, os.WriteFile(path, []byte("text"), 0o600))
	run(t, func() {
		var (
			mu    Mutex
			rw    RWMutex
			event Event
			wg    WaitGroup
			group Group
			empty = NewChan[int](0)
			queue = NewQueue[int](1)
			sem   = NewSemaphore(1)
			cond  = NewCond(&mu)
			ever  = Go(func() { Sleep(time.Hour) })
			later = Async(func() (int, error) { Sleep(time.Hour); return 0, nil })
		)
		mu.Lock()
		rw.Lock()
		sem.Acquire()
		wg.Add(1)
		group.Go(func() error { Sleep(time.Hour); return nil })
		Yield()
		c1, c2 := pair(t, "tcp")
		l, other := listenTCP(t), listenTCP(t)
		udp, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		or, ow, err := os.Pipe()
		needNil(t, err)
		pipe, err := NewFile(or)
		needNil(t, err)
		file, err := Open(path)
		needNil(t, err)
		p1, p2 := Pipe()
		for _, c := range []interface{ Close() error }{c1, c2, l, other, udp, or, ow, pipe, file, p1, p2} {
			defer c.Close()
		}
		b := make([]byte, 1)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		calls := map[string]func(){
			"Sleep":                    func() { Sleep(time.Hour) },
			"Await[...]":               func() { Await(func() (int, error) { select {} }) },
			"AwaitContext[...]":        func() { AwaitContext(ctx, func(context.Context) (int, error) { select {} }) },
			"RecvFrom[...]":            func() { RecvFrom(make(chan int)) },
			"SendTo[...]":              func() { SendTo(make(chan int), 1) },
			"WaitContext":              func() { WaitContext(ctx) },
			"(*Chan[...]).Recv":        func() { empty.Recv() },
			"(*Chan[...]).RecvTimeout": func() { empty.RecvTimeout(time.Hour) },
			"(*Chan[...]).Send":        func() { empty.Send(1) },
			"(*Queue[...]).Get":        func() { queue.Get() },
			"(*Queue[...]).GetTimeout": func() { queue.GetTimeout(time.Hour) },
			"Select":                   func() { Select(empty.OnRecv(nil, nil)) },
			"SelectTimeout":            func() { SelectTimeout(time.Hour, empty.OnRecv(nil, nil), empty.OnSend(1)) },
			"(*Mutex).Lock":            func() { mu.Lock() },
			"(*Mutex).LockTimeout":     func() { mu.LockTimeout(time.Hour) },
			"(*RWMutex).Lock":          func() { rw.Lock() },
			"(*RWMutex).RLock":         func() { rw.RLock() },
			"(*Semaphore).Acquire":     func() { sem.Acquire() },
			"(*Cond).WaitTimeout":      func() { cond.WaitTimeout(time.Hour) },
			"(*Event).Wait":            func() { event.Wait() },
			"(*WaitGroup).Wait":        func() { wg.Wait() },
			"(*Group).Join":            func() { group.Join() },
			"(*Future[...]).Get":       func() { later.Get() },
			"(*Task).Join":             func() { ever.Join() },
			"(*Task).JoinTimeout":      func() { ever.JoinTimeout(time.Hour) },
			"JoinAny":                  func() { JoinAny(ever, later.task) },
			"(*Conn).Read":             func() { c1.Read(b) },
			"(*Conn).WaitReadable":     func() { c1.(*Conn).WaitReadable() },
			"(*Listener).Accept":       func() { l.Accept() },
			"(*PacketConn).ReadFrom":   func() { udp.ReadFrom(b) },
			"(*File).Read":             func() { pipe.Read(b) },
			"(*File).ReadAt":           func() { file.ReadAt(b, 0) },
			"(*File).Stat":             func() { file.Stat() },
			"Open":                     func() { Open(path) },
			"(*pipeConn).Read":         func() { p1.Read(b) },
			"(*pipeConn).Write":        func() { p1.Write(b) },
			"(*Cmd).Run":               func() { Command("sleep", "60").Run() },
			"WaitRead":                 func() { WaitRead(int(or.Fd()), time.Time{}) },
			"Dial":                     func() { Dial("tcp", other.Addr().String()) },
		}
		for name, call := range calls {
			for where, in := range map[string]func(f func()){
				"Link": func(f func()) {
					k := Go(func() {})
					k.Link(func(*Task) { f() })
					k.Join()
				},
				"Link of one that has ended": func(f func()) {
					k := Go(func() {})
					k.Join()
					k.Link(func(*Task) { f() })
				},
				"SetErrorHandler": func(f func()) {
					defer SetErrorHandler(SetErrorHandler(func(*Task, *PanicError) { f() }))
					Go(func() { panic("for the handler") })
					Yield()
				},
			} {
				var got any = "nothing was called"
				in(func() {
					defer func() { got = recover() }()
					call()
				})
				text := ""
				if err, ok := got.(*UsageError); ok {
					text = err.Error()
				}
				if !strings.HasPrefix(text, "poller: "+name+" would wait, ") {
					t.Errorf("%s, in a function of %s: %v", name, where, got)
				}
			}
		}
		// All of it is whole.
		if mu.TryLock() || rw.TryLock() || sem.TryAcquire() {
			t.Error("a lock was freed")
		}
		mu.Unlock()
		rw.Unlock()
		mu.Lock()
		go c2.Write([]byte("x"))
		if _, err := c1.Read(b); err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", l.Addr().String()); err != nil {
			t.Error(err)
		}
		if _, err := l.Accept(); err != nil {
			t.Error(err)
		}
	})
}

//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
	"github.com/stackful-go/stackful/poller/internal/testfd"
)

// selectors is the backends that this system has: each must pass all of this.
var selectors = map[string]func() (Selector, error){"the default": Open}

func forSelectors(t *testing.T, f func(t *testing.T, s Selector)) {
	for name, open := range selectors {
		t.Run(name, func(t *testing.T) {
			s, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f(t, s)
		})
	}
}

// collect waits until all that is wanted was reported for id.
func collect(t *testing.T, s Selector, id uint64, want Readiness) {
	t.Helper()
	var events [8]Event
	var got Readiness
	for deadline := time.Now().Add(10 * time.Second); got&want != want; {
		if time.Now().After(deadline) {
			t.Fatalf("got readiness %b, want %b", got, want)
		}
		n, err := s.Wait(events[:], 1e7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events[:n] {
			if e.ID == id {
				got |= e.What
			}
		}
	}
}

func TestSelector_readiness(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		a, b := testfd.Pair(t)
		const id = 0xfedcba9876543210
		if err := s.Add(a, id); err != nil {
			t.Fatal(err)
		}
		collect(t, s, id, Writable) // what it is ready for already
		unix.Write(b, []byte("x"))
		collect(t, s, id, Readable)
		s.Want(a, Readable)
		unix.Write(b, []byte("y")) // each change is reported, read or not
		collect(t, s, id, Readable)
		if err := s.Rearm(a, id); err != nil {
			t.Fatal(err)
		}
		collect(t, s, id, Readable|Writable)
		s.Want(a, Readable)
		unix.Shutdown(b, unix.SHUT_WR)
		halfClose := Readable | Hangup
		if LevelTriggered && runtime.GOOS != "linux" {
			halfClose = Readable // poll tells no more
		}
		collect(t, s, id, halfClose)
		s.Want(a, Readable)
		s.Want(a, Writable)
		unix.Shutdown(b, unix.SHUT_RDWR)
		collect(t, s, id, Readable|Writable|Hangup)
		if err := s.Remove(a); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(a); err != unix.ENOENT {
			t.Errorf("removed twice: %v", err)
		}
		if err := s.Rearm(a, id); err != unix.ENOENT {
			t.Errorf("rearmed after it was removed: %v", err)
		}
		s.Want(a, Readable) // nothing
	})
}

// What is ready and is not taken is reported a few times at most, not for ever:
// an unread connection must not keep the hub from waiting.
func TestSelector_quiet(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		a, b := testfd.Pair(t)
		c, d := testfd.Pair(t)
		unix.Write(b, []byte("x"))
		unix.Shutdown(d, unix.SHUT_RDWR)
		for i, fd := range []int{a, c} {
			if err := s.Add(fd, uint64(i+1)); err != nil {
				t.Fatal(err)
			}
			s.Want(fd, Readable)
			s.Want(fd, Writable)
		}
		var events [8]Event
		seen := 0
		for {
			n, err := s.Wait(events[:], 1e6)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			if seen += n; seen > 20 {
				t.Fatal("reported again and again")
			}
		}
		if seen == 0 {
			t.Error("nothing was reported")
		}
	})
}

// Each change to ready after a want is reported, also to a wait that is under way.
func TestSelector_underWay(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		a, b := testfd.Pair(t)
		seen, done := make(chan struct{}), make(chan struct{})
		const adds, changes = 100, 3
		go func() {
			defer close(done)
			unix.Write(b, []byte("x"))
			for i := range adds {
				if err := s.Add(a, uint64(i+1)); err != nil {
					t.Error(err)
				}
				<-seen
				for range changes {
					unix.Read(a, make([]byte, 10))
					s.Want(a, Readable)
					runtime.Gosched()
					unix.Write(b, []byte("x"))
					<-seen
				}
				if err := s.Remove(a); err != nil {
					t.Error(err)
				}
			}
		}()
		// The wait has no limit: it is the add, or the want, or the data that ends it.
		var events [8]Event
		for i := range adds {
			for range 1 + changes {
				for got := false; !got; {
					n, err := s.Wait(events[:], -1)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range events[:n] {
						got = got || e.ID == uint64(i+1) && e.What&Readable != 0
					}
				}
				seen <- struct{}{}
			}
		}
		<-done
	})
}

// More descriptors than a wait can report are all reported, in turn.
func TestSelector_many(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		const many = 10
		var from [many]int
		for i := range from {
			a, b := testfd.Pair(t)
			from[i] = a
			unix.Write(b, []byte("x"))
			if err := s.Add(a, uint64(i+1)); err != nil {
				t.Fatal(err)
			}
		}
		counts := make(map[uint64]int)
		var events [3]Event
		for range 20 * many {
			n, err := s.Wait(events[:], 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events[:n] {
				counts[e.ID]++
				s.Rearm(from[e.ID-1], e.ID) // as if it were ready again at once
			}
			if len(counts) == many {
				return
			}
		}
		t.Errorf("some starve: %v", counts)
	})
}

// The end of a pipe is reported to the other end.
func TestSelector_pipe(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		for _, closed := range []string{"writer", "reader"} {
			r, w, err := socket.OpenPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Add(r, 1); err != nil {
				t.Fatal(err)
			}
			if err := s.Add(w, 2); err != nil {
				t.Fatal(err)
			}
			collect(t, s, 2, Writable)
			unix.Write(w, []byte("x"))
			collect(t, s, 1, Readable)
			s.Want(r, Readable)
			s.Want(w, Writable)
			switch closed {
			case "writer":
				s.Remove(w)
				unix.Close(w)
				collect(t, s, 1, Readable|Hangup)
				s.Remove(r)
				unix.Close(r)
			case "reader":
				s.Remove(r)
				unix.Close(r)
				collect(t, s, 2, Writable)
				s.Remove(w)
				unix.Close(w)
			}
		}
	})
}

func TestSelector_errors(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		a, _ := testfd.Pair(t)
		if err := s.Add(a, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Add(a, 2); err != unix.EEXIST {
			t.Errorf("twice: %v", err)
		}
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := s.Add(int(f.Fd()), 3); err != unix.EPERM {
			t.Errorf("a file: %v", err)
		}
		if err := s.Add(1<<20, 4); err != unix.EBADF {
			t.Errorf("nothing: %v", err)
		}
	})
}

func TestSelector_timeout(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		var events [8]Event
		for _, d := range []time.Duration{0, 1, 100 * time.Microsecond, 3 * time.Millisecond} {
			for early := false; ; early = true {
				start := time.Now()
				n, err := s.Wait(events[:], int64(d))
				if n != 0 || err != nil {
					t.Fatal(n, err)
				}
				if time.Since(start) >= d {
					break
				}
				if early {
					t.Errorf("%v: early twice", d) // once is allowed: a signal
					break
				}
			}
		}
	})
}

func TestSelector_wake(t *testing.T) {
	forSelectors(t, func(t *testing.T, s Selector) {
		var events [8]Event
		for range 3 { // before the wait, more than once
			s.Wake()
			s.Wake()
			if n, err := s.Wait(events[:], -1); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		}
		for range 3 { // during it
			go s.Wake()
			if n, err := s.Wait(events[:], -1); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		}
		s.Close()
		s.Close()
		s.Wake() // nothing
		if err := s.Add(0, 1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	})
}

func TestMilliseconds(t *testing.T) {
	if Milliseconds(1) != 1 || Milliseconds(1e6) != 1 || Milliseconds(1e6+1) != 2 || Milliseconds(-1) != -1 || Milliseconds(1<<62) <= 0 {
		t.Error("milliseconds rounds wrongly")
	}
}

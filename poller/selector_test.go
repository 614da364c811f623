//go:build linux && !poller_std

package poller

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// selectors is the backends that this system has: each must pass all of this.
var selectors = map[string]func() (selector, error){
	"epoll": newSelector,
	"epoll in milliseconds": func() (selector, error) {
		s, err := newSelector()
		if err == nil {
			s.(*epoll).coarse = true
		}
		return s, err
	},
}

func forSelectors(t *testing.T, f func(t *testing.T, s selector)) {
	for name, open := range selectors {
		t.Run(name, func(t *testing.T) {
			s, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			f(t, s)
		})
	}
}

// collect waits until all that is wanted was reported for id.
func collect(t *testing.T, s selector, id uint64, want readiness) {
	t.Helper()
	var events [8]event
	var got readiness
	for deadline := time.Now().Add(10 * time.Second); got&want != want; {
		if time.Now().After(deadline) {
			t.Fatalf("got readiness %b, want %b", got, want)
		}
		n, err := s.wait(events[:], 1e7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events[:n] {
			if e.id == id {
				got |= e.what
			}
		}
	}
}

func socketPair(t *testing.T) (int, int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	return p[0], p[1]
}

func TestSelector_readiness(t *testing.T) {
	forSelectors(t, func(t *testing.T, s selector) {
		a, b := socketPair(t)
		const id = 0xfedcba9876543210
		if err := s.add(a, id); err != nil {
			t.Fatal(err)
		}
		collect(t, s, id, readyWrite) // what it is ready for already
		unix.Write(b, []byte("x"))
		collect(t, s, id, readyRead)
		unix.Write(b, []byte("y")) // each change is reported, read or not
		collect(t, s, id, readyRead)
		if err := s.rearm(a, id); err != nil {
			t.Fatal(err)
		}
		collect(t, s, id, readyRead|readyWrite)
		unix.Shutdown(b, unix.SHUT_WR)
		collect(t, s, id, readyRead|readyHangup)
		unix.Close(b)
		collect(t, s, id, readyRead|readyWrite|readyHangup)
		if err := s.remove(a); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSelector_errors(t *testing.T) {
	forSelectors(t, func(t *testing.T, s selector) {
		a, _ := socketPair(t)
		if err := s.add(a, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.add(a, 2); err != unix.EEXIST {
			t.Errorf("twice: %v", err)
		}
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := s.add(int(f.Fd()), 3); err != unix.EPERM {
			t.Errorf("a file: %v", err)
		}
		if err := s.add(1<<20, 4); err != unix.EBADF {
			t.Errorf("nothing: %v", err)
		}
	})
}

func TestSelector_timeout(t *testing.T) {
	forSelectors(t, func(t *testing.T, s selector) {
		var events [8]event
		for _, d := range []time.Duration{0, 1, 100 * time.Microsecond, 3 * time.Millisecond} {
			for early := false; ; early = true {
				start := time.Now()
				n, err := s.wait(events[:], int64(d))
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
	forSelectors(t, func(t *testing.T, s selector) {
		var events [8]event
		for range 3 { // before the wait, more than once
			s.wake()
			s.wake()
			if n, err := s.wait(events[:], -1); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		}
		for range 3 { // during it
			go s.wake()
			if n, err := s.wait(events[:], -1); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		}
		s.close()
		s.close()
		s.wake() // nothing
		if err := s.add(0, 1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	})
}

//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// selectors is the backends that this system has: each must pass all of this.
var selectors = map[string]func() (selector, error){"the default": openSelector}

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
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range p {
		t.Cleanup(func() { unix.Close(fd) })
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return p[0], p[1]
}

func testPipe(t *testing.T) (r, w int) {
	t.Helper()
	r, w, err := openPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r); unix.Close(w) })
	return r, w
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
		s.want(a, readyRead)
		unix.Write(b, []byte("y")) // each change is reported, read or not
		collect(t, s, id, readyRead)
		if err := s.rearm(a, id); err != nil {
			t.Fatal(err)
		}
		collect(t, s, id, readyRead|readyWrite)
		s.want(a, readyRead)
		unix.Shutdown(b, unix.SHUT_WR)
		halfClose := readyRead | readyHangup
		if levelTriggered && runtime.GOOS != "linux" {
			halfClose = readyRead // poll tells no more
		}
		collect(t, s, id, halfClose)
		s.want(a, readyRead)
		s.want(a, readyWrite)
		unix.Shutdown(b, unix.SHUT_RDWR)
		collect(t, s, id, readyRead|readyWrite|readyHangup)
		if err := s.remove(a); err != nil {
			t.Fatal(err)
		}
		if err := s.remove(a); err != unix.ENOENT {
			t.Errorf("removed twice: %v", err)
		}
		if err := s.rearm(a, id); err != unix.ENOENT {
			t.Errorf("rearmed after it was removed: %v", err)
		}
		s.want(a, readyRead) // nothing
	})
}

// What is ready and is not taken is reported a few times at most, not for ever:
// an unread connection must not keep the hub from waiting.
func TestSelector_quiet(t *testing.T) {
	forSelectors(t, func(t *testing.T, s selector) {
		a, b := socketPair(t)
		c, d := socketPair(t)
		unix.Write(b, []byte("x"))
		unix.Shutdown(d, unix.SHUT_RDWR)
		for i, fd := range []int{a, c} {
			if err := s.add(fd, uint64(i+1)); err != nil {
				t.Fatal(err)
			}
			s.want(fd, readyRead)
			s.want(fd, readyWrite)
		}
		var events [8]event
		seen := 0
		for {
			n, err := s.wait(events[:], 1e6)
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
	forSelectors(t, func(t *testing.T, s selector) {
		a, b := socketPair(t)
		seen, done := make(chan struct{}), make(chan struct{})
		const adds, changes = 100, 3
		go func() {
			defer close(done)
			unix.Write(b, []byte("x"))
			for i := range adds {
				if err := s.add(a, uint64(i+1)); err != nil {
					t.Error(err)
				}
				<-seen
				for range changes {
					unix.Read(a, make([]byte, 10))
					s.want(a, readyRead)
					runtime.Gosched()
					unix.Write(b, []byte("x"))
					<-seen
				}
				if err := s.remove(a); err != nil {
					t.Error(err)
				}
			}
		}()
		// The wait has no limit: it is the add, or the want, or the data that ends it.
		var events [8]event
		for i := range adds {
			for range 1 + changes {
				for got := false; !got; {
					n, err := s.wait(events[:], -1)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range events[:n] {
						got = got || e.id == uint64(i+1) && e.what&readyRead != 0
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
	forSelectors(t, func(t *testing.T, s selector) {
		const many = 10
		var from [many]int
		for i := range from {
			a, b := socketPair(t)
			from[i] = a
			unix.Write(b, []byte("x"))
			if err := s.add(a, uint64(i+1)); err != nil {
				t.Fatal(err)
			}
		}
		counts := make(map[uint64]int)
		var events [3]event
		for range 20 * many {
			n, err := s.wait(events[:], 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events[:n] {
				counts[e.id]++
				s.rearm(from[e.id-1], e.id) // as if it were ready again at once
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
	forSelectors(t, func(t *testing.T, s selector) {
		for _, closed := range []string{"writer", "reader"} {
			r, w, err := openPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := s.add(r, 1); err != nil {
				t.Fatal(err)
			}
			if err := s.add(w, 2); err != nil {
				t.Fatal(err)
			}
			collect(t, s, 2, readyWrite)
			unix.Write(w, []byte("x"))
			collect(t, s, 1, readyRead)
			s.want(r, readyRead)
			s.want(w, readyWrite)
			switch closed {
			case "writer":
				s.remove(w)
				unix.Close(w)
				collect(t, s, 1, readyRead|readyHangup)
				s.remove(r)
				unix.Close(r)
			case "reader":
				s.remove(r)
				unix.Close(r)
				collect(t, s, 2, readyWrite)
				s.remove(w)
				unix.Close(w)
			}
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

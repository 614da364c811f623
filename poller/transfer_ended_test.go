//go:build linux && !poller_std

package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
)

// A call that is refused for such descriptors is replaced by a copy, wherever it is
// refused.
func TestReadFrom_unfit(t *testing.T) {
	data := movedData(1 << 20)
	for name, refuse := range map[string]func(call int) bool{
		"at once":          func(int) bool { return true },
		"behind the pipe":  func(call int) bool { return call%2 == 0 },
		"EINTR in between": nil,
	} {
		for _, s := range sources() {
			if name == "behind the pipe" && (s.name == "os.File" || s.name == "File") {
				continue
			}
			t.Run(name+" from "+s.name, func(t *testing.T) {
				countMoves(t, 1<<30)
				inner, calls := fd.Moving, 0
				check := func(f func() (int, error)) (int, error) {
					calls++
					switch {
					case refuse != nil && refuse(calls):
						return 0, unix.EINVAL
					case name == "EINTR in between" && calls%3 == 0:
						return 0, unix.EINTR
					}
					return f()
				}
				fd.Moving.Splice = func(a, b, n int) (int, error) {
					return check(func() (int, error) { return inner.Splice(a, b, n) })
				}
				fd.Moving.Sendfile = func(a, b, n int) (int, error) {
					return check(func() (int, error) { return inner.Sendfile(a, b, n) })
				}
				run(t, func() {
					c1, c2 := pair(t, "tcp")
					reader := Async(func() ([]byte, error) { return io.ReadAll(c2) })
					src := s.open(t, data)
					if n, err := io.Copy(c1, src); n != int64(len(data)) || err != nil {
						t.Errorf("%d, %v", n, err)
					}
					c1.Close()
					if got, err := reader.Get(); !bytes.Equal(got, data) || err != nil {
						t.Errorf("%d bytes arrived, %v", len(got), err)
					}
					closeAny(src)
					c2.Close()
				})
			})
		}
	}
}

// Deadlines and Close end a transfer that waits for either side, and Kill does; what
// was moved from a file until then is told, and is what the peer gets.
func TestReadFrom_ended(t *testing.T) {
	data := movedData(32 << 20)
	for _, s := range sources()[:5] {
		t.Run(s.name, func(t *testing.T) {
			withoutOpenFiles(t, func() {
				c1, c2 := pair(t, "tcp")
				src := s.open(t, data)
				Go(func() {
					c2.(*Conn).WaitReadable() // it has begun; nobody reads, so it cannot come to an end
					c1.SetWriteDeadline(time.Unix(1, 0))
				})
				n, err := io.Copy(c1, src)
				var op *net.OpError
				if n == 0 || n >= int64(len(data)) || !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &op) {
					t.Errorf("%d, %v", n, err)
				}
				c1.SetWriteDeadline(time.Time{})
				task := Go(func() { io.Copy(c1, src); t.Error("came back") })
				YieldIO()
				task.Kill()
				closed := Go(func() {
					if _, err := io.Copy(c1, src); !errors.Is(err, net.ErrClosed) {
						t.Errorf("closed meanwhile: %v", err)
					}
				})
				YieldIO()
				c1.Close()
				closed.Join()
				got, err := io.ReadAll(c2)
				if err != nil || int64(len(got)) < n || !bytes.Equal(got[:n], data[:n]) {
					t.Errorf("%d bytes arrived, want %d; %v", len(got), n, err)
				}
				closeAny(src)
				c2.Close()

				// The source is silent.
				if s.name == "tcp" || s.name == "unix" {
					c1, c2 := pair(t, "tcp")
					s1, s2 := pair(t, s.name)
					s2.SetReadDeadline(time.Now().Add(time.Millisecond))
					if n, err := io.Copy(c1, s2); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("silent: %d, %v", n, err)
					}
					s2.SetReadDeadline(time.Time{})
					GoAfter(time.Millisecond, func() { s2.Close() })
					if _, err := io.Copy(c1, s2); !errors.Is(err, net.ErrClosed) {
						t.Errorf("source closed: %v", err)
					}
					for _, c := range []net.Conn{c1, c2, s1} {
						c.Close()
					}
				}
			})
		})
	}
}

// Errors are as package net's.
func TestReadFrom_errors(t *testing.T) {
	run(t, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		boom := errors.New("boom")
		for name, src := range map[string]io.Reader{"file": f, "reader": readerFunc(func([]byte) (int, error) { return 0, boom })} {
			var texts [2]string
			for i, dial := range []func(network, address string) (net.Conn, error){Dial, net.Dial} {
				c, err := dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				p, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				if name == "file" {
					c.Close()
				}
				_, err = c.(io.ReaderFrom).ReadFrom(src)
				var op *net.OpError
				if !errors.As(err, &op) || op.Addr.String() != l.Addr().String() {
					t.Errorf("%s: %v", name, err)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					texts[i] += fmt.Sprintf("%T ", e)
				}
				texts[i] += op.Op
				c.Close()
				p.Close()
			}
			t.Log(name, texts)
			if name == "reader" && texts[0] != texts[1] {
				t.Errorf("%s: got %s, want %s", name, texts[0], texts[1])
			}
		}
	})
}

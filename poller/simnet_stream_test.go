package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/simnet"
)

// What is written arrives as it was, in order, though not in the same pieces.
func TestSimNet_stream(t *testing.T) {
	pieces := 0
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		var want, got bytes.Buffer
		Go(func() {
			for i := range 200 {
				line := strings.Repeat(fmt.Sprint(i), 1+s.Rand().IntN(500))
				want.WriteString(line)
				if n, err := a.Write([]byte(line)); n != len(line) || err != nil {
					t.Error(n, err)
				}
			}
			a.(interface{ CloseWrite() error }).CloseWrite()
			if _, err := a.Write([]byte("x")); !errors.Is(err, simnet.ErrPipe) {
				t.Error(err)
			}
		})
		buf := make([]byte, 1000)
		for {
			n, err := b.Read(buf)
			got.Write(buf[:n])
			pieces++
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				break
			}
		}
		if !bytes.Equal(want.Bytes(), got.Bytes()) {
			t.Error("data differ")
		}
		// The other direction goes on.
		b.Write([]byte("answer"))
		b.Close()
		if answer, err := io.ReadAll(a); string(answer) != "answer" || err != nil {
			t.Errorf("%q, %v", answer, err)
		}
	})
}

// A writer waits while its peer does not read.
func TestSimNet_backPressure(t *testing.T) {
	forPairs(t, 10, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.SetWriteDeadline(Now().Add(time.Minute))
		n, err := a.Write(make([]byte, 1<<20))
		if n != simnet.Window || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		a.SetWriteDeadline(time.Time{})
		w := Go(func() { a.Write(make([]byte, 1000)) })
		Sleep(time.Second)
		if w.Ended() {
			t.Error("there was room")
		}
		io.ReadFull(b, make([]byte, 1000))
		if w.JoinTimeout(time.Second) != nil {
			t.Error("no room was made")
		}
	})
}

func TestSimNet_readers(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		got := ""
		for i := range 3 {
			Go(func() {
				Sleep(time.Duration(i+1) * time.Minute)
				p := make([]byte, 1)
				b.Read(p)
				got += string(p)
			})
		}
		Sleep(time.Hour)
		b.SetReadDeadline(Now().Add(time.Hour)) // does not change whose turn it is
		a.Write([]byte("123"))
		Sleep(time.Minute)
		if got != "123" {
			t.Error(got)
		}
		w := Go(func() {
			if err := b.(*simnet.Conn).WaitReadable(); err != nil {
				t.Error(err)
			}
			if n, err := b.Read(make([]byte, 5)); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
		Sleep(time.Second)
		a.Write([]byte("4"))
		w.Join()
	})
}

// Each Write is one piece of the stream, however many tasks write.
func TestSimNet_writers(t *testing.T) {
	forPairs(t, 10, func(t *testing.T, s *Sim, a, b net.Conn) {
		const size = simnet.Window + 1000
		for i := range 4 {
			Go(func() {
				for range 3 {
					a.Write(bytes.Repeat([]byte{byte(i)}, size))
				}
			})
		}
		for range 12 {
			p := make([]byte, size)
			if _, err := io.ReadFull(b, p); err != nil || !bytes.Equal(p, bytes.Repeat(p[:1], size)) {
				t.Fatal("writes are mixed", err)
			}
		}
	})
}

// Writing to a peer that has closed gives a reset; so does closing with unread data.
func TestSimNet_closed(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		needNoError(t, b.Close())
		if n, err := a.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Error(n, err)
		}
		a.Write([]byte("x"))
		Sleep(time.Second)
		_, err := a.Write([]byte("x"))
		needIs(t, "write", err, simnet.ErrReset)
		_, err = b.Read(make([]byte, 1))
		needIs(t, "read", err, net.ErrClosed)
		needIs(t, "deadline", b.SetDeadline(Now()), net.ErrClosed)
	})
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.Write([]byte("x"))
		Sleep(time.Second)
		b.Close()
		_, err := a.Read(make([]byte, 1))
		needIs(t, "read", err, simnet.ErrReset)
	})
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.Write([]byte("x"))
		a.(*simnet.Conn).SetLinger(0)
		a.Close()
		n, err := b.Read(make([]byte, 1))
		if n != 0 || !errors.Is(err, simnet.ErrReset) {
			t.Error(n, err)
		}
	})
}

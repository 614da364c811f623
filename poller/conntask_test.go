//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// What nettest.TestConn checks, with a task wherever it has a goroutine: the connection and
// all its users are on one goroutine.

var connTests = map[string]func(t *testing.T, c1, c2 net.Conn){
	"BasicIO":           taskBasicIO,
	"PingPong":          taskPingPong,
	"RacyRead":          taskRacyRead,
	"RacyWrite":         taskRacyWrite,
	"ReadTimeout":       taskReadTimeout,
	"WriteTimeout":      taskWriteTimeout,
	"PastTimeout":       taskPastTimeout,
	"PresentTimeout":    taskPresentTimeout,
	"FutureTimeout":     taskFutureTimeout,
	"CloseTimeout":      taskCloseTimeout,
	"ConcurrentMethods": taskConcurrentMethods,
}

func TestConnInTasks(t *testing.T) {
	for name, test := range connTests {
		t.Run(name, func(t *testing.T) {
			forNetworks(t, streamNetworks, func(t *testing.T, network string) {
				c1, c2 := pair(t, network)
				defer c1.Close()
				defer c2.Close()
				test(t, c1, c2)
			})
		})
	}
}

// elsewhere runs f on another goroutine, for a change; in a simulation, where that would
// be refused, in a task.
func elsewhere(f func()) {
	if CurrentSim() != nil {
		Go(f)
		return
	}
	go f()
}

var aLongTimeAgo = time.Unix(233431200, 0)

func needTimeout(t *testing.T, err error) {
	t.Helper()
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

// chunked copies in chunks of 1 KiB.
func chunked(w io.Writer, r io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 1024))
	return err
}

// needsRoundTrip checks that the connection works: c2 sends back what it gets.
func needsRoundTrip(t *testing.T, c1, c2 net.Conn) {
	t.Helper()
	c1.SetDeadline(time.Time{})
	c2.SetDeadline(time.Time{})
	mirror := Go(func() {
		b := make([]byte, 8)
		for {
			if _, err := io.ReadFull(c2, b); err != nil {
				t.Error(err)
				return
			}
			if _, err := c2.Write(b); err != nil {
				t.Error(err)
				return
			}
			if b[0] == 0xff {
				return
			}
		}
	})
	for i := range 10 {
		out := binary.BigEndian.AppendUint64(nil, uint64(i))
		if i == 9 {
			out[0] = 0xff
		}
		if _, err := c1.Write(out); err != nil {
			t.Error(err)
			return
		}
		in := make([]byte, 8)
		if _, err := io.ReadFull(c1, in); err != nil || !bytes.Equal(in, out) {
			t.Error(in, err)
			return
		}
	}
	mirror.Join()
}

func taskBasicIO(t *testing.T, c1, c2 net.Conn) {
	want := make([]byte, 1<<20)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(want)
	dataCh := NewChan[[]byte](0)
	Go(func() {
		if err := chunked(c1, bytes.NewReader(want)); err != nil {
			t.Error(err)
		}
		if err := c1.Close(); err != nil {
			t.Error(err)
		}
	})
	Go(func() {
		var got bytes.Buffer
		if err := chunked(&got, c2); err != nil {
			t.Error(err)
		}
		if err := c2.Close(); err != nil {
			t.Error(err)
		}
		dataCh.Send(got.Bytes())
	})
	if got, _ := dataCh.Recv(); !bytes.Equal(got, want) {
		t.Error("data differ")
	}
}

func taskPingPong(t *testing.T, c1, c2 net.Conn) {
	pingPonger := func(c net.Conn) func() {
		return func() {
			defer c.Close()
			buf := make([]byte, 8)
			var prev uint64
			for {
				if _, err := io.ReadFull(c, buf); err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					return
				}
				v := binary.LittleEndian.Uint64(buf)
				binary.LittleEndian.PutUint64(buf, v+1)
				if prev != 0 && prev+2 != v {
					t.Errorf("%d after %d", v, prev)
				}
				prev = v
				if v == 1000 {
					return
				}
				if _, err := c.Write(buf); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}
	a, b := Go(pingPonger(c1)), Go(pingPonger(c2))
	c1.Write(make([]byte, 8))
	JoinAll(a, b)
}

func taskRacyRead(t *testing.T, c1, c2 net.Conn) {
	elsewhere(func() { chunked(c2, rand.NewChaCha8([32]byte{2})) })
	c1.SetReadDeadline(Now().Add(time.Millisecond))
	tenTasks(func() {
		b1, b2 := make([]byte, 1024), make([]byte, 1024)
		for range 100 {
			_, err := c1.Read(b1)
			copy(b1, b2) // the buffer is ours again
			if err != nil {
				needTimeout(t, err)
				c1.SetReadDeadline(Now().Add(time.Millisecond))
			}
		}
	})
}

func taskRacyWrite(t *testing.T, c1, c2 net.Conn) {
	elsewhere(func() { chunked(io.Discard, c2) })
	c1.SetWriteDeadline(Now().Add(time.Millisecond))
	tenTasks(func() {
		b1, b2 := make([]byte, 1024), make([]byte, 1024)
		for range 100 {
			_, err := c1.Write(b1)
			copy(b1, b2)
			if err != nil {
				needTimeout(t, err)
				c1.SetWriteDeadline(Now().Add(time.Millisecond))
			}
		}
	})
}

func tenTasks(f func()) {
	var tasks []*Task
	for range 10 {
		tasks = append(tasks, Go(f))
	}
	JoinAll(tasks...)
}

func taskReadTimeout(t *testing.T, c1, c2 net.Conn) {
	reader := Go(func() { chunked(io.Discard, c2) })
	c1.SetReadDeadline(aLongTimeAgo)
	_, err := c1.Read(make([]byte, 1024))
	needTimeout(t, err)
	if _, err := c1.Write(make([]byte, 1024)); err != nil {
		t.Error(err)
	}
	c1.Close()
	reader.Join()
}

func taskWriteTimeout(t *testing.T, c1, c2 net.Conn) {
	writer := Go(func() { chunked(c2, rand.NewChaCha8([32]byte{3})) })
	c1.SetWriteDeadline(aLongTimeAgo)
	_, err := c1.Write(make([]byte, 1024))
	needTimeout(t, err)
	if _, err := c1.Read(make([]byte, 1024)); err != nil {
		t.Error(err)
	}
	c1.Close()
	writer.Join()
}

func taskPastTimeout(t *testing.T, c1, c2 net.Conn) {
	mirror := Go(func() { chunked(c2, c2) })
	c1.SetDeadline(aLongTimeAgo)
	n, err := c1.Write(make([]byte, 1024))
	if n != 0 {
		t.Errorf("wrote %d", n)
	}
	needTimeout(t, err)
	n, err = c1.Read(make([]byte, 1024))
	if n != 0 {
		t.Errorf("read %d", n)
	}
	needTimeout(t, err)
	mirror.Kill()
	needsRoundTrip(t, c1, c2)
}

func taskPresentTimeout(t *testing.T, c1, c2 net.Conn) {
	set := false
	setter := Go(func() {
		Sleep(20 * time.Millisecond)
		set = true
		c1.SetReadDeadline(aLongTimeAgo)
		c1.SetWriteDeadline(aLongTimeAgo)
	})
	reader := Go(func() {
		n, err := c1.Read(make([]byte, 1024))
		if n != 0 || !set {
			t.Errorf("read %d, deadline set: %v", n, set)
		}
		needTimeout(t, err)
	})
	writer := Go(func() {
		var err error
		for err == nil {
			_, err = c1.Write(make([]byte, 1024))
		}
		if !set {
			t.Error("write failed before the deadline was set")
		}
		needTimeout(t, err)
	})
	JoinAll(setter, reader, writer)
}

func taskFutureTimeout(t *testing.T, c1, c2 net.Conn) {
	c1.SetDeadline(Now().Add(30 * time.Millisecond))
	reader := Go(func() {
		_, err := c1.Read(make([]byte, 1024))
		needTimeout(t, err)
	})
	total := 0
	writer := Go(func() {
		var err error
		for n := 0; err == nil; total += n {
			n, err = c1.Write(make([]byte, 1024))
		}
		needTimeout(t, err)
	})
	JoinAll(reader, writer)
	io.ReadFull(c2, make([]byte, total))
	needsRoundTrip(t, c1, c2)
}

func taskCloseTimeout(t *testing.T, c1, c2 net.Conn) {
	elsewhere(func() { chunked(c2, c2) })
	closer := Go(func() {
		Sleep(20 * time.Millisecond)
		if err := c1.Close(); err != nil {
			t.Error(err)
		}
	})
	reader := Go(func() {
		var err error
		for err == nil {
			_, err = c1.Read(make([]byte, 1024))
		}
	})
	writer := Go(func() {
		var err error
		for err == nil {
			_, err = c1.Write(make([]byte, 1024))
		}
	})
	JoinAll(closer, reader, writer)
}

func taskConcurrentMethods(t *testing.T, c1, c2 net.Conn) {
	elsewhere(func() { chunked(c2, c2) })
	var tasks []*Task
	for range 100 {
		for _, f := range []func(){
			func() { c1.Read(make([]byte, 1024)) },
			func() { c1.Write(make([]byte, 1024)) },
			func() { c1.SetDeadline(Now().Add(10 * time.Millisecond)) },
			func() { c1.SetReadDeadline(aLongTimeAgo) },
			func() { c1.SetWriteDeadline(aLongTimeAgo) },
			func() { c1.LocalAddr(); c1.RemoteAddr() },
		} {
			tasks = append(tasks, Go(f))
		}
	}
	JoinAll(tasks...)
}

//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// pair returns two connected ends, made where it is called: in a task, or
// outside.
func pair(t testing.TB, network string) (c1, c2 net.Conn) {
	t.Helper()
	c1, c2, err := makePair(network, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c1, c2
}

func makePair(network, dir string) (c1, c2 net.Conn, err error) {
	if network == "pipe" {
		c1, c2 = Pipe()
		return c1, c2, nil
	}
	listen, dial := Listen, Dial
	network, isStd := strings.CutPrefix(network, "std ")
	if isStd {
		listen, dial = net.Listen, net.Dial // see patched_test.go
	}
	addr := "127.0.0.1:0"
	if strings.HasPrefix(network, "unix") {
		addr = filepath.Join(dir, "s")
	}
	l, err := listen(network, addr)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if c1, err = dial(network, l.Addr().String()); err != nil {
		return nil, nil, err
	}
	c2, err = l.Accept()
	return c1, c2, err
}

var streamNetworks = []string{"tcp", "unix", "pipe"}

func forNetworks(t *testing.T, networks []string, f func(t *testing.T, network string)) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { run(t, func() { f(t, network) }) })
	}
}

// Close wakes tasks that are parked in Read, Write and Accept.
func TestClose_wakes(t *testing.T) {
	forNetworks(t, []string{"tcp", "unix"}, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		defer c2.Close()
		l, err := Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"read":  func() error { _, err := c1.Read(make([]byte, 1)); return err },
			"read2": func() error { _, err := c1.Read(make([]byte, 1)); return err },
			"write": func() error {
				for {
					if _, err := c1.Write(make([]byte, 1<<20)); err != nil {
						return err
					}
				}
			},
			"accept": func() error { _, err := l.Accept(); return err },
		}
		var tasks []*Task
		for name, call := range calls {
			tasks = append(tasks, Go(func() {
				err := call()
				var op *net.OpError
				if !errors.Is(err, net.ErrClosed) || !errors.As(err, &op) {
					t.Errorf("%s: %v", name, err)
				}
			}))
		}
		for range 20 {
			YieldIO() // the write fills the buffers
		}
		c1.Close()
		l.Close()
		JoinAll(tasks...)
		if err := c1.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		if _, err := c1.Write(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
		if _, err := c1.Read(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read after Close: %v", err)
		}
		if err := c1.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline after Close: %v", err)
		}
	})
}

// A number that is used again at once is a new connection in every way: events
// and waiters of the old one do not reach it.
func TestClose_numberReused(t *testing.T) {
	run(t, func() {
		l, err := Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for i := range 100 {
			c1, err := Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			c2, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			reader := Go(func() {
				if _, err := c1.Read(make([]byte, 10)); !errors.Is(err, net.ErrClosed) {
					t.Errorf("round %d: the old reader got %v", i, err)
				}
			})
			Yield()
			c2.Write([]byte("old")) // an event for c1 is on its way when it is closed
			c1.Close()
			c3, err := Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			c4, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c3.SetReadDeadline(time.Now().Add(time.Minute))
			Go(func() { Yield(); c4.Write([]byte("new")) })
			buf := make([]byte, 10)
			if n, err := c3.Read(buf); err != nil || string(buf[:n]) != "new" {
				t.Errorf("round %d: %q, %v", i, buf[:n], err)
			}
			reader.Join()
			c2.Close()
			c3.Close()
			c4.Close()
		}
	})
}

func TestSlots_generation(t *testing.T) {
	var table sched.SlotTable
	table.Init()
	a, b := new(fd.FD), new(fd.FD)
	id1, _ := table.Take(a)
	table.Drop(id1)
	table.Drop(id1) // a second time does nothing
	id2, _ := table.Take(b)
	if uint32(id1) != uint32(id2) || id1 == id2 || id1 == 0 {
		t.Errorf("ids %x and %x", id1, id2)
	}
	h := &sched.Hub{IO: sched.HubIO{Slots: sched.SlotTable{Slots: table.Slots}}}
	h.Dispatch([]selector.Event{{ID: id1, What: selector.Readable}})
	if a.Rd.Ready || b.Rd.Ready {
		t.Error("a stale event was delivered")
	}
	h.Dispatch([]selector.Event{{ID: id2, What: selector.Readable}, {ID: 99, What: selector.Readable}})
	if !b.Rd.Ready {
		t.Error("an event was not delivered")
	}
}

func TestDeadline(t *testing.T) {
	forNetworks(t, streamNetworks, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		defer c1.Close()
		defer c2.Close()
		buf := make([]byte, 1)
		expectTimeout := func(what string, n int, err error) {
			t.Helper()
			var ne net.Error
			if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
				t.Errorf("%s: %d, %v", what, n, err)
			}
		}

		c1.SetReadDeadline(time.Unix(1, 0))
		n, err := c1.Read(buf)
		expectTimeout("past", n, err)

		start := time.Now()
		c1.SetReadDeadline(start.Add(15 * time.Millisecond))
		n, err = c1.Read(buf)
		expectTimeout("future", n, err)
		if d := time.Since(start); d < 15*time.Millisecond {
			t.Errorf("timed out after %v", d)
		}
		n, err = c1.Read(buf)
		expectTimeout("again", n, err)

		// Moved while parked: later, then earlier.
		start = time.Now()
		c1.SetReadDeadline(start.Add(10 * time.Millisecond))
		mover := Go(func() {
			c1.SetReadDeadline(start.Add(time.Hour))
			Sleep(20 * time.Millisecond)
			c1.SetReadDeadline(start.Add(30 * time.Millisecond))
		})
		n, err = c1.Read(buf)
		expectTimeout("moved", n, err)
		if d := time.Since(start); d < 30*time.Millisecond {
			t.Errorf("timed out after %v", d)
		}
		mover.Join()

		// Made past while parked.
		Go(func() { c1.SetReadDeadline(time.Unix(1, 0)) })
		c1.SetReadDeadline(time.Time{})
		n, err = c1.Read(buf)
		expectTimeout("made past", n, err)

		// The connection works again, and the deadline of one direction does not
		// affect the other.
		c1.SetReadDeadline(time.Time{})
		c1.SetWriteDeadline(time.Unix(1, 0))
		n, err = c1.Write(buf)
		expectTimeout("write", n, err)
		Go(func() { c2.Write([]byte("x")) })
		if n, err := c1.Read(buf); n != 1 || err != nil {
			t.Errorf("afterwards: %d, %v", n, err)
		}
	})
}

// A write that times out says how much the kernel has taken.
func TestDeadline_partialWrite(t *testing.T) {
	forNetworks(t, []string{"tcp", "unix"}, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		data := make([]byte, 32<<20)
		for i := range data {
			data[i] = byte(i * 7 >> 3)
		}
		c1.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		n, err := c1.Write(data)
		if n == 0 || n == len(data) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d, %v", n, err)
		}
		c1.Close()
		got, err := io.ReadAll(c2)
		if err != nil || !bytes.Equal(got, data[:n]) {
			t.Errorf("peer got %d bytes, want %d; %v", len(got), n, err)
		}
		c2.Close()
	})
}

// Several readers of one connection are served in their order, and so are
// writers, whose data is not mixed.
func TestConn_twoAtOnce(t *testing.T) {
	forNetworks(t, streamNetworks, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		var order []byte
		var readers []*Task
		for range 5 {
			readers = append(readers, Go(func() {
				b := make([]byte, 1)
				if _, err := c1.Read(b); err != nil {
					t.Error(err)
				}
				order = append(order, b[0])
			}))
		}
		Yield()
		for _, c := range []byte("abcde") {
			c2.Write([]byte{c})
			YieldIO()
			YieldIO()
		}
		JoinAll(readers...)
		if string(order) != "abcde" {
			t.Errorf("readers got %q", order)
		}

		const size = 1 << 20
		var writers []*Task
		for _, c := range []byte("123") {
			writers = append(writers, Go(func() {
				if _, err := c1.Write(bytes.Repeat([]byte{c}, size)); err != nil {
					t.Error(err)
				}
			}))
		}
		for _, c := range []byte("123") {
			got := make([]byte, size)
			if _, err := io.ReadFull(c2, got); err != nil || bytes.Count(got, []byte{c}) != size {
				t.Errorf("data of writer %c is mixed: %v", c, err)
			}
		}
		JoinAll(writers...)
		c1.Close()
		c2.Close()
	})
}

// Kill of a task that is parked in Read leaves the connection usable.
func TestConn_killedReader(t *testing.T) {
	forNetworks(t, streamNetworks, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		defer c1.Close()
		defer c2.Close()
		first := Go(func() { c1.Read(make([]byte, 1)); t.Error("read") })
		second := Go(func() { c1.Read(make([]byte, 1)); t.Error("read") })
		writer := Go(func() {
			for {
				c1.Write(make([]byte, 1<<20))
			}
		})
		third := Go(func() {
			b := make([]byte, 1)
			if n, err := c1.Read(b); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
		for range 10 {
			YieldIO()
		}
		second.KillNoWait()                     // in the queue for its turn
		if !strings.HasPrefix(network, "std") { // there the queue is a semaphore's, whose waits are not ended
			second.Join()
		}
		first.Kill() // parked for data
		second.Join()
		writer.Kill()
		c2.Write([]byte("x"))
		third.Join()
	})
}

func TestConn_waitReadable(t *testing.T) {
	forNetworks(t, []string{"tcp", "unix"}, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		defer c1.Close()
		wait := c1.(*Conn).WaitReadable
		for range 3 {
			task := Go(func() {
				if err := wait(); err != nil {
					t.Error(err)
				}
			})
			for range 5 {
				YieldIO()
			}
			if task.Ended() {
				t.Fatal("readable without data")
			}
			c2.Write([]byte("xy"))
			task.Join()
			wait() // still
			if n, err := io.ReadFull(c1, make([]byte, 2)); n != 2 {
				t.Error(n, err)
			}
		}
		c2.Close()
		if err := wait(); err != nil {
			t.Error(err)
		}
		c1.SetReadDeadline(time.Unix(1, 0))
		if err := wait(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

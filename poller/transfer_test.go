//go:build linux && !poller_std

package poller

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// countMoves counts the calls that move data in the kernel. No more than most bytes
// are moved by each.
func countMoves(t *testing.T, most int) *int {
	saved, calls := fd.Moving, new(int)
	t.Cleanup(func() { fd.Moving = saved })
	fd.Moving.Splice = func(from, to, n int) (int, error) { *calls++; return saved.Splice(from, to, min(n, most)) }
	fd.Moving.Sendfile = func(to, from, n int) (int, error) { *calls++; return saved.Sendfile(to, from, min(n, most)) }
	return calls
}

func init() {
	trim = func() {
		fd.IdlePipes.Mu.Lock()
		defer fd.IdlePipes.Mu.Unlock()
		for _, p := range fd.IdlePipes.List {
			p.Close()
		}
		fd.IdlePipes.List = nil
	}
}

// A dataSource is something to copy from, with data in it.
type dataSource struct {
	name string
	open func(t *testing.T, data []byte) io.Reader
	move bool // in the kernel
}

func sources() []dataSource {
	file := func(t *testing.T, data []byte) string {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, append([]byte("skipped"), data...), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	feed := func(w io.WriteCloser, data []byte) {
		Go(func() { w.Write(data); w.Close() })
	}
	conn := func(network string) func(t *testing.T, data []byte) io.Reader {
		return func(t *testing.T, data []byte) io.Reader {
			c1, c2 := pair(t, network)
			feed(c1, data)
			return c2
		}
	}
	return []dataSource{
		{"os.File", func(t *testing.T, data []byte) io.Reader {
			f, err := os.Open(file(t, data))
			if err != nil {
				t.Fatal(err)
			}
			f.Seek(7, io.SeekStart)
			return f
		}, true},
		{"File", func(t *testing.T, data []byte) io.Reader {
			f, err := Open(file(t, data))
			if err != nil {
				t.Fatal(err)
			}
			f.Seek(7, io.SeekStart)
			return f
		}, true},
		{"tcp", conn("tcp"), true},
		{"unix", conn("unix"), true},
		{"pipe", func(t *testing.T, data []byte) io.Reader {
			r, w := filePipe(t)
			feed(w, data)
			return r
		}, true},
		{"net.Pipe", conn("pipe"), false},
		{"bytes", func(t *testing.T, data []byte) io.Reader { return bytes.NewReader(data) }, false},
	}
}

func TestReadFrom(t *testing.T) {
	data := movedData(3 << 20)
	for _, network := range []string{"tcp", "unix"} {
		for _, s := range sources() {
			for _, most := range []int{1 << 30, 4999} {
				t.Run(fmt.Sprintf("%s to %s, %d at once", s.name, network, most), func(t *testing.T) {
					calls := countMoves(t, most)
					withoutOpenFiles(t, func() {
						c1, c2 := pair(t, network)
						reader := Async(func() ([]byte, error) { return io.ReadAll(c2) })
						src := s.open(t, data)
						n, err := io.Copy(c1, src)
						if n != int64(len(data)) || err != nil {
							t.Errorf("%d, %v", n, err)
						}
						c1.Close()
						if got, err := reader.Get(); !bytes.Equal(got, data) || err != nil {
							t.Errorf("%d bytes arrived, %v", len(got), err)
						}
						if (*calls > 0) != s.move {
							t.Errorf("%d calls moved data in the kernel", *calls)
						}
						if n, err := src.Read(make([]byte, 1)); n != 0 || err != io.EOF {
							t.Errorf("more to read: %d, %v", n, err)
						}
						closeAny(src)
						c2.Close()
					})
				})
			}
		}
	}
}

func closeAny(x any) {
	if c, ok := x.(io.Closer); ok {
		c.Close()
	}
}

// withoutOpenFiles runs f in a task and fails if it leaves descriptors open.
func withoutOpenFiles(t *testing.T, f func()) {
	t.Helper()
	before := openFiles()
	run(t, f)
	expectOpen(t, before)
}

// An io.LimitedReader ends the copy, and knows how much is left; the rest stays in the
// source.
func TestReadFrom_limited(t *testing.T) {
	data := movedData(1 << 20)
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			countMoves(t, 70_000)
			run(t, func() {
				c1, c2 := pair(t, "tcp")
				reader := Async(func() ([]byte, error) { return io.ReadAll(c2) })
				src := s.open(t, data)
				defer closeAny(src)
				const first = 300_001
				limited := &io.LimitedReader{R: src, N: first}
				if n, err := io.Copy(c1, limited); n != first || err != nil || limited.N != 0 {
					t.Errorf("%d, %v, left %d", n, err, limited.N)
				}
				if n, err := c1.(*Conn).ReadFrom(limited); n != 0 || err != nil {
					t.Errorf("of nothing: %d, %v", n, err)
				}
				limited.N = 1 << 30
				if n, err := c1.(*Conn).ReadFrom(limited); n != int64(len(data)-first) || err != nil || limited.N != 1<<30-n {
					t.Errorf("%d, %v, left %d", n, err, limited.N)
				}
				c1.Close()
				if got, err := reader.Get(); !bytes.Equal(got, data) || err != nil {
					t.Errorf("%d bytes arrived, %v", len(got), err)
				}
				c2.Close()
			})
		})
	}
}

func TestWriteTo(t *testing.T) {
	data := movedData(2 << 20)
	for _, to := range []string{"tcp", "unix", "pipe", "buffer", "file"} {
		t.Run(to, func(t *testing.T) {
			calls := countMoves(t, 1<<30)
			withoutOpenFiles(t, func() {
				c1, c2 := pair(t, "tcp")
				Go(func() { c1.Write(data); c1.Close() })
				var w io.Writer
				result := func() ([]byte, error) { return nil, nil }
				switch to {
				case "tcp", "unix":
					d1, d2 := pair(t, to)
					r := Async(func() ([]byte, error) { return io.ReadAll(d2) })
					w, result = d1, func() ([]byte, error) { d1.Close(); defer d2.Close(); return r.Get() }
				case "pipe":
					pr, pw := filePipe(t)
					r := Async(func() ([]byte, error) { return io.ReadAll(pr) })
					w, result = pw, func() ([]byte, error) { pw.Close(); defer pr.Close(); return r.Get() }
				case "buffer":
					b := new(bytes.Buffer)
					w, result = b, func() ([]byte, error) { return b.Bytes(), nil }
				case "file":
					f, err := Create(filepath.Join(t.TempDir(), "f"))
					if err != nil {
						t.Fatal(err)
					}
					w, result = f, func() ([]byte, error) { f.Close(); return os.ReadFile(f.Name()) }
				}
				n, err := io.Copy(w, c2)
				got, rerr := result()
				if n != int64(len(data)) || err != nil || rerr != nil || !bytes.Equal(got, data) {
					t.Errorf("%d, %v; %d bytes arrived, %v", n, err, len(got), rerr)
				}
				if moved := *calls > 0; moved != (to == "tcp" || to == "unix" || to == "pipe") {
					t.Errorf("%d calls moved data", *calls)
				}
				c2.Close()
			})
		})
	}
}

// A transfer that waits for data holds no pipe; one without a pipe to be had copies.
func TestReadFrom_pipes(t *testing.T) {
	if selector.LevelTriggered {
		t.Skip("poll(2) takes no more descriptors than the limit says that is lowered here")
	}
	run(t, func() {
		var tasks []*Task
		var conns []net.Conn
		const all = 50
		for range all {
			c1, c2 := pair(t, "unix")
			conns = append(conns, c1, c2)
			tasks = append(tasks, Go(func() { io.Copy(c2, c2) }))
		}
		before := openFiles()
		say := func() {
			for i := 0; i < len(conns); i += 2 {
				conns[i].Write([]byte("x"))
				if n, err := conns[i].Read(make([]byte, 10)); n != 1 || err != nil {
					t.Error(n, err)
				}
			}
		}
		say()
		fd.IdlePipes.Mu.Lock()
		n := len(fd.IdlePipes.List)
		fd.IdlePipes.Mu.Unlock()
		if n == 0 || n > fd.IdlePipesMost {
			t.Errorf("%d pipes are kept", n)
		}
		expectOpen(t, before)

		var old unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		calls := countMoves(t, 1<<30)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		say()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if *calls != 0 {
			t.Errorf("%d moves without a pipe", *calls)
		}
		for i := 0; i < len(conns); i += 2 {
			conns[i].Close()
		}
		JoinAll(tasks...)
		for i := 1; i < len(conns); i += 2 {
			conns[i].Close()
		}
	})
}

// Of two ends on two hubs, either may do it.
func TestReadFrom_foreignHub(t *testing.T) {
	data := movedData(4 << 20)
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		s1, s2 := pair(t, "unix")
		Go(func() { s1.Write(data); s1.Close() })
		moved := make(chan error, 1)
		go func() {
			err := Run(func() { io.Copy(c1, s2); c1.Close() })
			moved <- err
		}()
		if got, err := io.ReadAll(c2); !bytes.Equal(got, data) || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if err := <-moved; err != nil {
			t.Error(err)
		}
		s2.Close()
		c2.Close()
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

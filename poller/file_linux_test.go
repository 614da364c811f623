//go:build !poller_std

package poller

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// filePipe returns the ends of a pipe, as Files.
func filePipe(t testing.TB) (r, w *File) {
	t.Helper()
	or, ow, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer or.Close()
	defer ow.Close()
	return adopted(t, or), adopted(t, ow)
}

func adopted(t testing.TB, f *os.File) *File {
	t.Helper()
	p, err := NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bare is for a descriptor that a system call has returned.
func bare(t testing.TB, name string, fd int, err error) *File {
	t.Helper()
	if err != nil {
		t.Fatal(name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	return adopted(t, f)
}

// A read of a file that is not to be kept in memory is made by a helper: it waits for
// the disk.
func TestFile_direct(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	needNil(t, os.WriteFile(path, make([]byte, 1<<16), 0o600))
	run(t, func() {
		p := make([]byte, 1<<12)
		inMemory := func(flag int) bool {
			f, err := OpenFile(path, os.O_RDONLY|flag, 0)
			if err != nil {
				if flag != 0 {
					t.Skip(err) // the file system has no O_DIRECT
				}
				t.Fatal(err)
			}
			defer f.Close()
			if n, err := f.ReadAt(p, 0); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
			_, ok := f.readCached(p, 0)
			return ok
		}
		if !inMemory(0) {
			t.Skip("the file is not in memory")
		}
		if inMemory(unix.O_DIRECT) {
			t.Error("the task has waited for the disk, with all others")
		}
	})
}

func TestFile_pipe(t *testing.T) {
	in(t, func(t *testing.T) {
		r, w := filePipe(t)
		data := bytes.Repeat([]byte("0123456789abcdef"), 20_000) // more than a pipe holds
		ended := make(chan error, 1)
		write := func() {
			_, err := w.Write(data)
			w.Close()
			ended <- err
		}
		if Current() != nil {
			Go(write)
		} else {
			go write()
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.Close()

		r, w = filePipe(t)
		r.Close()
		var pe *fs.PathError
		if _, err := w.Write(data); !errors.Is(err, unix.EPIPE) || !errors.As(err, &pe) || pe.Op != "write" {
			t.Errorf("nobody reads: %v", err)
		}
		if _, err := w.ReadAt(data, 0); !errors.Is(err, unix.ESPIPE) {
			t.Errorf("ReadAt of a pipe: %v", err)
		}
		info, err := w.Stat()
		if err != nil || info.Mode()&fs.ModeNamedPipe == 0 || info.Name() != w.Name() {
			t.Error(info, err)
		}
		w.Close()
	})
}

func TestFile_deadlineAndClose(t *testing.T) {
	in(t, func(t *testing.T) {
		r, w := filePipe(t)
		defer w.Close()
		buf := make([]byte, 1)
		r.SetDeadline(time.Now().Add(2 * time.Millisecond))
		if n, err := r.Read(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		r.SetDeadline(time.Time{})
		time.AfterFunc(2*time.Millisecond, func() { r.Close() })
		if n, err := r.Read(buf); n != 0 || !errors.Is(err, os.ErrClosed) {
			t.Error(n, err)
		}
		if err := r.Close(); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		f, err := Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.SetReadDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
			t.Error(err)
		}
	})
}

// A file that was in blocking mode is so again when the copy is closed; and the
// original and the copy do not close each other.
func TestNewFile_givesBack(t *testing.T) {
	run(t, func() {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[1])
		f := os.NewFile(uintptr(p[0]), "pipe")
		defer f.Close()
		blocks := func() bool {
			flags, err := unix.FcntlInt(uintptr(p[0]), unix.F_GETFL, 0)
			if err != nil {
				t.Fatal(err)
			}
			return flags&unix.O_NONBLOCK == 0
		}
		c := adopted(t, f)
		if blocks() {
			t.Error("the copy blocks")
		}
		unix.Write(p[1], []byte("xy"))
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Error(n, err)
		}
		c.Close()
		if !blocks() {
			t.Error("still in non-blocking mode")
		}
		if n, err := f.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Error(n, err)
		}
		f.Close()
		if _, err := NewFile(f); !errors.Is(err, os.ErrClosed) {
			t.Errorf("of a closed file: %v", err)
		}
		if _, err := NewFile(nil); !errors.Is(err, os.ErrInvalid) {
			t.Errorf("of nil: %v", err)
		}
	})
}

// Run closes what its tasks have left open.
func TestFile_closedByRun(t *testing.T) {
	var r, w *File
	run(t, func() { r, w = filePipe(t) })
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := w.Close(); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

func TestFile_terminal(t *testing.T) {
	in(t, func(t *testing.T) {
		master, err := OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer master.Close()
		if !master.polled {
			t.Fatal("a terminal is not waited for")
		}
		n := 0
		raw, err := master.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) {
			unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		})
		if err != nil {
			t.Fatal(err)
		}
		slave, err := OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Millisecond, func() { master.WriteString("line one\nrest") })
		buf := make([]byte, 100)
		if n, err := slave.Read(buf); err != nil || string(buf[:n]) != "line one\n" {
			t.Errorf("%q, %v", buf[:n], err)
		}
		slave.WriteString("answer\n")
		got := ""
		for !strings.Contains(got, "answer\r\n") { // behind what was typed, echoed
			n, err := master.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got += string(buf[:n])
		}
		slave.Close()
		for err == nil {
			_, err = master.Read(buf)
		}
		if !errors.Is(err, unix.EIO) { // that is how a terminal hangs up
			t.Error(err)
		}
	})
}

func TestFile_eventfd(t *testing.T) {
	in(t, func(t *testing.T) {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		f := bare(t, "eventfd", fd, err)
		defer f.Close()
		var one, buf [8]byte
		binary.NativeEndian.PutUint64(one[:], 3)
		time.AfterFunc(time.Millisecond, func() { f.Write(one[:]); f.Write(one[:]) })
		for sum := uint64(0); sum < 6; {
			if n, err := f.Read(buf[:]); n != 8 || err != nil {
				t.Fatal(n, err)
			}
			sum += binary.NativeEndian.Uint64(buf[:])
		}
		if _, err := f.Read(buf[:4]); !errors.Is(err, unix.EINVAL) {
			t.Errorf("too short: %v", err)
		}
	})
}

func TestFile_timerfd(t *testing.T) {
	in(t, func(t *testing.T) {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
		start := time.Now()
		unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(2e6), Interval: unix.NsecToTimespec(1e6)}, nil)
		f := bare(t, "timerfd", fd, err)
		defer f.Close()
		var buf [8]byte
		for ticks := uint64(0); ticks < 5; {
			if n, err := f.Read(buf[:]); n != 8 || err != nil {
				t.Fatal(n, err)
			}
			ticks += binary.NativeEndian.Uint64(buf[:])
		}
		if d := time.Since(start); d < 6*time.Millisecond {
			t.Errorf("5 ticks after %v", d)
		}
	})
}

func TestFile_inotify(t *testing.T) {
	in(t, func(t *testing.T) {
		dir := t.TempDir()
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
		if err == nil {
			_, err = unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
		}
		f := bare(t, "inotify", fd, err)
		defer f.Close()
		time.AfterFunc(time.Millisecond, func() { os.WriteFile(filepath.Join(dir, "new"), nil, 0o600) })
		buf := make([]byte, 4096)
		n, err := f.Read(buf)
		if err != nil || n < unix.SizeofInotifyEvent || !bytes.HasPrefix(buf[unix.SizeofInotifyEvent:n], []byte("new\x00")) {
			t.Errorf("%q, %v", buf[:n], err)
		}
	})
}

// Opening a named pipe waits for the other end, and reading it for data.
func TestOpenFile_namedPipe(t *testing.T) {
	run(t, func() {
		path := filepath.Join(t.TempDir(), "fifo")
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		reader := Go(func() {
			r, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || string(got) != "hello" || !r.polled {
				t.Errorf("%q, %v", got, err)
			}
		})
		YieldIO()
		w, err := OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			YieldIO()
		}
		w.WriteString("hello")
		w.Close()
		reader.Join()
	})
}

// A directory, and what is ready always, are done by helpers.
func TestNewFile_notPolled(t *testing.T) {
	run(t, func() {
		for _, path := range []string{t.TempDir(), os.Args[0], os.DevNull} {
			if path == os.DevNull && selector.LevelTriggered {
				continue // poll(2) takes it
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			c := f
			if f.os != nil {
				c = adopted(t, f.os)
			}
			_, err1 := f.Stat()
			_, err2 := c.Stat()
			if c.polled || err1 != nil || err2 != nil {
				t.Error(path, err1, err2)
			}
			f.Close()
			if c != f {
				c.Close()
			}
		}
	})
}

// The helper reads what is not in memory, or where the kernel cannot tell.
func TestFile_cachedRead(t *testing.T) {
	run(t, func() {
		path := filepath.Join(t.TempDir(), "f")
		os.WriteFile(path, []byte("hello"), 0o600)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		before := ReadStats().Parks[sched.ParkAwait.String()]
		buf := make([]byte, 5)
		if n, err := f.ReadAt(buf, 0); n != 5 || err != nil {
			t.Error(n, err)
		}
		if _, err := unix.Preadv2(int(f.os.Fd()), [][]byte{buf}, 0, unix.RWF_NOWAIT); err == nil {
			if after := ReadStats().Parks[sched.ParkAwait.String()]; after != before {
				t.Errorf("a helper read what is in memory")
			}
		}
	})
}

package poller

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A File is an open file whose calls park the task. It is gevent's FileObject. There
// are two kinds:
//
//   - pipes, terminals, and other pollable descriptors (eventfd, timerfd, inotify,
//     character devices): Read and Write wait for readiness, Close ends them, and there are
//     deadlines, as with Conn;
//   - regular files and directories, which cannot be polled: their calls are made on helper
//     goroutines, see Await, except for reads from the page cache. They have no deadlines.
//
// In a goroutine without a hub the calls block it. All methods may be called from any
// goroutine, and at once. A File that was made in a task is closed at the end of its
// Run, unless it is a regular file. Errors are *fs.PathError, except io.EOF.
type File struct {
	name   string
	polled bool  // of the first kind
	d      fd.FD // if polled
	os     *os.File
	raw    syscall.RawConn // of os
	slow   bool            // reads of os may block for ever: each is made on a goroutine of its own
	direct bool            // opened with O_DIRECT: reads of os always go to the disk
	hub    *sched.Hub      // whose Run closes os at its end; nil if none does
}

// NewFile returns a copy of f. f stays open and is the caller's to close; neither affects
// the other, but both share one position in the file, and one non-blocking mode, which
// NewFile sets if f is pollable, and Close restores. If the mode is changed meanwhile, by
// f.Fd, or by a process that shares the terminal or pipe, the calls of this File still park
// on Linux. (There a Read can stop all tasks only if the system has no non-blocking read,
// as for terminals, and another process reads the data first; a Write, only to a terminal
// that is stopped.) Elsewhere a Read would stop all tasks until there is data.
//
// For a bare descriptor, such as of an eventfd: NewFile(os.NewFile(fd, name)).
//
// On systems without a readiness backend the error is an *UnsupportedError.
func NewFile(f *os.File) (*File, error) {
	if err := sched.RefuseSimulated("open a file"); err != nil {
		return nil, err
	}
	return copyFile(f)
}

// Open is os.Open: the file is for reading.
func Open(name string) (*File, error) { return OpenFile(name, os.O_RDONLY, 0) }

// Create is os.Create: the file is empty, and for reading and writing.
func Create(name string) (*File, error) {
	return OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// OpenFile is os.OpenFile. The task parks, since opening may wait: for a disk, or
// for the other end of a named pipe.
func OpenFile(name string, flag int, perm fs.FileMode) (*File, error) {
	if err := sched.RefuseSimulated("open a file"); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := awaitCloser(func() (*os.File, error) { return os.OpenFile(name, flag, perm) }, func() {})
	if err != nil {
		return nil, err
	}
	return ownFile(f)
}

// awaitCloser is Await for a result that must be closed if the task is interrupted and so does
// not get it. never is called if f is withdrawn for that reason.
func awaitCloser[T io.Closer](f func() (T, error), never func()) (T, error) {
	const (
		pending = iota
		dropped
		made
	)
	var state atomic.Int32
	var v T
	if err := sched.RefuseHelp(); err != nil {
		return v, err
	}
	var c sched.HelperCall
	return sched.AwaitAs(c.Start, func() {
		if c.GiveUp() {
			never()
			return
		}
		if !state.CompareAndSwap(pending, dropped) {
			v.Close()
		}
	}, func() (T, error) {
		var err error
		v, err = f()
		if err == nil && !state.CompareAndSwap(pending, made) {
			v.Close()
		}
		return v, err
	})
}

func (f *File) pathError(op string, err error) error {
	switch err {
	case nil, io.EOF:
		return err
	case net.ErrClosed:
		err = os.ErrClosed
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	return &fs.PathError{Op: op, Path: f.name, Err: err}
}

// Name returns the name that the file was opened with.
func (f *File) Name() string { return f.name }

// Read reads at least one byte, up to 256 KiB of a regular file, or returns io.EOF at
// the end.
func (f *File) Read(p []byte) (int, error) {
	if f.polled {
		n, err := f.readPolled(p)
		return n, f.pathError("read", err)
	}
	if n, ok := f.readCached(p, -1); ok {
		return n, nil
	}
	return f.offload(p, true, func(b []byte) (int, error) { return f.os.Read(b) })
}

// ReadAt fills p from the offset off, or returns an error, io.EOF at the end of the
// file, and how much there was.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if f.polled {
		return 0, f.pathError("read", syscall.ESPIPE)
	}
	if off < 0 {
		return 0, &fs.PathError{Op: "readat", Path: f.name, Err: errors.New("negative offset")}
	}
	done := 0
	for done < len(p) {
		n, ok := f.readCached(p[done:], off+int64(done))
		var err error
		if !ok {
			n, err = f.offload(p[done:], true, func(b []byte) (int, error) { return f.os.ReadAt(b, off+int64(done)) })
		}
		done += n
		if err != nil && (err != io.EOF || n == 0) {
			return done, err
		}
	}
	return done, nil
}

// Write writes all of p. If the task is interrupted, a write to a regular file that
// has begun is not taken back.
func (f *File) Write(p []byte) (int, error) {
	if f.polled {
		n, err := f.writePolled(p)
		return n, f.pathError("write", err)
	}
	return f.offloadAll(p, func(b []byte, _ int) (int, error) { return f.os.Write(b) })
}

// WriteString is Write.
func (f *File) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

// WriteAt writes all of p at the offset off.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	if f.polled {
		return 0, f.pathError("write", syscall.ESPIPE)
	}
	return f.offloadAll(p, func(b []byte, at int) (int, error) { return f.os.WriteAt(b, off+int64(at)) })
}

func (f *File) offloadAll(p []byte, write func(b []byte, at int) (int, error)) (int, error) {
	done := 0
	for {
		n, err := f.offload(p[done:], false, func(b []byte) (int, error) { return write(b, done) })
		if done += n; err != nil || done == len(p) {
			return done, err
		}
	}
}

// offloadSmall is the size of a buffer up to which one is allocated, not taken from the pool.
const offloadSmall = 8 << 10

// offload has a helper call f with a buffer in place of p, or of its beginning: f may go on
// after the task has been interrupted, when p belongs to the caller again. into says that f
// fills the buffer.
func (f *File) offload(p []byte, into bool, call func(b []byte) (int, error)) (int, error) {
	if h := sched.Here(); h == nil || h.Current == nil {
		sched.MayBlock(h)
		return call(p)
	}
	p = p[:min(len(p), fd.BufferSize)]
	var buf *[fd.BufferSize]byte
	var b []byte
	if len(p) <= offloadSmall {
		b = make([]byte, len(p))
	} else {
		buf = fd.Buffers.Get().(*[fd.BufferSize]byte)
		b = buf[:len(p)]
	}
	if !into {
		copy(b, p)
	}
	await := Await[int]
	if f.slow {
		await = func(f func() (int, error)) (int, error) { return sched.AwaitOn(sched.StartGoroutine, f) }
	}
	n, err := await(func() (int, error) { return call(b) })
	if into {
		copy(p, b[:n])
	}
	if buf != nil { // and the task was not interrupted
		fd.Buffers.Put(buf)
	}
	return n, err
}

// Seek sets the position of the next Read or Write of a regular file, as os.File's.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	if f.polled {
		return 0, f.pathError("seek", syscall.ESPIPE)
	}
	return f.os.Seek(offset, whence)
}

// Stat is os.File's.
func (f *File) Stat() (fs.FileInfo, error) {
	if f.polled {
		return f.statPolled()
	}
	return Await(f.os.Stat)
}

// Sync waits until the written data is on the disk.
func (f *File) Sync() error {
	if f.polled {
		return f.pathError("sync", syscall.EINVAL)
	}
	_, err := Await(func() (struct{}, error) { return struct{}{}, f.os.Sync() })
	return err
}

// Truncate changes the size of a regular file.
func (f *File) Truncate(size int64) error {
	if f.polled {
		return f.pathError("truncate", syscall.EINVAL)
	}
	_, err := Await(func() (struct{}, error) { return struct{}{}, f.os.Truncate(size) })
	return err
}

// Close closes the file. It does not park. Reads and Writes that wait return
// os.ErrClosed; so does a second Close.
func (f *File) Close() error {
	if f.polled {
		if !f.d.Close(sched.Here()) {
			return f.pathError("close", os.ErrClosed)
		}
		return nil
	}
	if f.hub != nil {
		f.hub.CancelCloseOnExit(f.os)
	}
	return f.os.Close()
}

// SetDeadline sets the instant after which Read and Write fail with os.ErrDeadlineExceeded.
// The zero Time means never. For files that cannot be polled, the error is
// os.ErrNoDeadline.
func (f *File) SetDeadline(t time.Time) error { return f.setDeadline(t, &f.d.Rd, &f.d.Wr) }

// SetReadDeadline is SetDeadline for Read.
func (f *File) SetReadDeadline(t time.Time) error { return f.setDeadline(t, &f.d.Rd) }

// SetWriteDeadline is SetDeadline for Write.
func (f *File) SetWriteDeadline(t time.Time) error { return f.setDeadline(t, &f.d.Wr) }

func (f *File) setDeadline(t time.Time, sides ...*fd.Direction) error {
	if !f.polled {
		return f.pathError("set deadline", os.ErrNoDeadline)
	}
	return f.pathError("set deadline", f.d.SetDeadline(t, sides...))
}

// SyscallConn gives access to the descriptor. It must not be put into blocking mode.
func (f *File) SyscallConn() (syscall.RawConn, error) {
	if f.polled {
		return f.syscallConnPolled()
	}
	return f.os.SyscallConn()
}

//go:build linux && !poller_std

package fd

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Where io.Copy would move data through a buffer of this process, the kernel moves it: from
// a regular file by sendfile, and between connections and pipes by splice, through a
// pipe that is emptied before it is filled again.
//
// Each transfer returns handled: if it is false, nothing was moved that n does not count, and
// the caller must move the rest by reads and writes.

// Moving is the system calls of a transfer, for tests to replace.
var Moving = struct {
	Splice   func(from, to, n int) (int, error)
	Sendfile func(to, from, n int) (int, error)
}{
	Splice: func(from, to, n int) (int, error) {
		moved, err := unix.Splice(from, nil, to, nil, n, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		return int(moved), err
	},
	Sendfile: func(to, from, n int) (int, error) { return unix.Sendfile(to, from, nil, n) },
}

// moveMost is how many bytes one call moves at most: the size of a pipe, and the part of a
// file that fetch brings into memory.
const moveMost = 256 << 10

// Splice moves at most limit bytes from one descriptor to another, until the end of from. It
// has a pipe only while there is data in it: a connection may be silent for long, and
// pipes are few.
func Splice(h *sched.Hub, to, from *FD, limit int64) (n int64, err error, handled bool) {
	var pipe splicePipe
	left := 0 // bytes in it
	defer func() {
		if left > 0 { // an error or an interruption: these bytes are lost, as those in a buffer would be
			pipe.Close()
		}
	}()
	for n < limit {
		// Fill the pipe. The pipe is taken in the call, when from is ready, and given back at
		// once if nothing was moved: a task that waits for from does not hold a pipe.
		left, err = from.Rd.move(h, "splice", func(fd int) (k int, err error) {
			if pipe, err = takePipe(); err != nil {
				return 0, err
			}
			if k, err = Moving.Splice(fd, pipe.w, int(min(limit-n, moveMost))); k <= 0 || err != nil {
				k = 0
				pipe.giveBack()
			}
			return k, err
		})
		switch {
		case isUnfit(err):
			return n, nil, false // the pipe is empty: the caller goes on from here
		case left == 0 || err != nil:
			return n, err, true
		}
		// Empty it, which may take several calls: to may take less than is in the pipe.
		for left > 0 {
			m, err := to.Wr.move(h, "splice", func(fd int) (int, error) { return Moving.Splice(pipe.r, fd, left) })
			n += int64(m)
			left -= m
			switch {
			// The first call finds out whether to is fit; later errors are of the connection.
			case err != nil && n == 0 && isUnfit(err):
				return to.writeFromPipe(h, pipe.r, left)
			case err != nil:
				return n, err, true
			case m == 0:
				return n, io.ErrUnexpectedEOF, true
			}
		}
		pipe.giveBack()
		if h != nil {
			h.ChargeIO()
		}
	}
	return n, nil, true
}

// writeFromPipe writes to d the k bytes that are in the pipe when the first splice to d has
// found d unfit. The caller must handle the data after them.
func (d *FD) writeFromPipe(h *sched.Hub, pipe, k int) (int64, error, bool) {
	// At most once in a transfer, so the allocation does not matter.
	buf := make([]byte, k)
	n, err := unix.Read(pipe, buf)
	if err != nil {
		return 0, os.NewSyscallError("read", err), true
	}
	n, err = d.Write(h, buf[:n])
	return int64(n), err, err != nil
}

// isUnfit reports whether err says that the call does not support such descriptors, or that
// no pipe can be made.
func isUnfit(err error) bool {
	e, _ := err.(*os.SyscallError)
	if e == nil {
		return false
	}
	switch e.Err {
	case unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.EMFILE, unix.ENFILE:
		return true
	}
	return false
}

// move is one system call that moves data in direction s, as the owner of s, when s is
// ready. It has the form of the calls in io_unix.go.
func (s *Direction) move(h *sched.Hub, name string, call func(fd int) (int, error)) (int, error) {
	ready, err := s.begin(h)
	if err != nil {
		return 0, err
	}
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return 0, err
			}
		}
		// splice and sendfile have no flag that makes a socket non-blocking for one call.
		if !s.D.IsFile {
			socket.KeepNonblocking(s.D.Sysfd)
		}
		n, err := call(s.D.Sysfd)
		switch err {
		case unix.EINTR:
			ready = true
			continue
		case unix.EAGAIN:
			ready = s.wouldBlock()
			continue
		}
		s.finish(h, false)
		if err != nil {
			return 0, os.NewSyscallError(name, err)
		}
		return n, nil
	}
}

// SendFile moves at most limit bytes from a regular file to d, from the file's position on,
// which it advances.
func (d *FD) SendFile(h *sched.Hub, file syscall.Conn, limit int64) (n int64, err error, handled bool) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, nil, false
	}
	// The descriptor stays open until the callback returns.
	cerr := raw.Control(func(fd uintptr) {
		var st unix.Stat_t
		if unix.Fstat(int(fd), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
			return
		}
		// The position, for fetch. sendfile needs a file that can seek.
		at, serr := unix.Seek(int(fd), 0, io.SeekCurrent)
		if serr != nil {
			return
		}
		handled = true
		for n < limit && err == nil {
			chunk := int(min(limit-n, moveMost))
			// In a task, have a helper bring the chunk into memory. A goroutine may wait for
			// the disk itself.
			if h != nil && h.Current != nil {
				fetch(int(fd), at+n, chunk)
			}
			var k int
			k, err = d.Wr.move(h, "sendfile", func(to int) (int, error) { return Moving.Sendfile(to, int(fd), chunk) })
			if n == 0 && isUnfit(err) {
				err, handled = nil, false
				return
			}
			if k == 0 { // the end of the file, or an error
				return
			}
			n += int64(k)
			if h != nil {
				h.ChargeIO()
			}
		}
	})
	if cerr != nil {
		return 0, nil, false
	}
	return n, err, handled
}

// fetch has a helper read a part of a file, if it is not in memory: sendfile would wait for
// the disk, and block all tasks of the hub. The first and the last byte are tested. If the
// task is interrupted, the number may belong to another file by the time the helper reads,
// which does no harm, as the data is dropped.
func fetch(fd int, at int64, n int) {
	var b [1]byte
	for _, off := range [...]int64{at, at + int64(n) - 1} {
		if _, err := unix.Preadv2(fd, [][]byte{b[:]}, off, unix.RWF_NOWAIT); err != unix.EAGAIN {
			continue
		}
		sched.Await(func() (struct{}, error) {
			buf := Buffers.Get().(*[BufferSize]byte)
			defer Buffers.Put(buf)
			unix.Pread(fd, buf[:min(n, BufferSize)], at)
			return struct{}{}, nil
		})
		return
	}
}

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

// Where io.Copy would move data through a buffer of ours, the kernel moves it: from a
// regular file by sendfile, and between connections and pipes by splice, through a
// pipe that is emptied before it is filled again.

// Moving is the system calls that do it, for tests to replace.
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

// moveMost is how much one call moves: so much fits into the pipe, and is looked for in
// memory before it is sent from a file.
const moveMost = 256 << 10

// Splice moves at most limit bytes from one descriptor to another. It holds a pipe
// only while there is data in it: a connection may be silent for long.
func Splice(h *sched.Hub, to, from *FD, limit int64) (n int64, err error, handled bool) {
	var pipe splicePipe
	left := 0 // bytes in it
	defer func() {
		if left > 0 { // and they are lost, like those in a buffer
			pipe.Close()
		}
	}()
	for n < limit {
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
			return n, nil, false
		case left == 0 || err != nil:
			return n, err, true
		}
		for left > 0 {
			m, err := to.Wr.move(h, "splice", func(fd int) (int, error) { return Moving.Splice(pipe.r, fd, left) })
			n += int64(m)
			left -= m
			switch {
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

// writeFromPipe writes to d what is in the pipe already when it turns out that it cannot be
// moved there. What follows is not handled.
func (d *FD) writeFromPipe(h *sched.Hub, pipe, k int) (int64, error, bool) {
	buf := make([]byte, k)
	n, err := unix.Read(pipe, buf)
	if err != nil {
		return 0, os.NewSyscallError("read", err), true
	}
	n, err = d.Write(h, buf[:n])
	return int64(n), err, err != nil
}

// isUnfit reports whether the error of a call says that it is not for such
// descriptors, or that there is no pipe to be had.
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

// move is one call that moves data in direction s, in its turn, when s is ready.
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

// SendFile moves at most limit bytes from a regular file, from its position on.
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
		at, serr := unix.Seek(int(fd), 0, io.SeekCurrent)
		if serr != nil {
			return
		}
		handled = true
		for n < limit && err == nil {
			chunk := int(min(limit-n, moveMost))
			if h != nil && h.Current != nil {
				fetch(int(fd), at+n, chunk)
			}
			var k int
			k, err = d.Wr.move(h, "sendfile", func(to int) (int, error) { return Moving.Sendfile(to, int(fd), chunk) })
			if n == 0 && isUnfit(err) {
				err, handled = nil, false
				return
			}
			if k == 0 {
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

// fetch has a helper read a part of a file, if it is not in memory: sendfile would
// wait for the disk, and stop all tasks. The first and the last byte are looked at. If
// the task is interrupted, the helper may read another file that has got the number
// meanwhile, and drops what it has read.
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

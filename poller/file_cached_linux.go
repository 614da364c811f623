//go:build !poller_std

package poller

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// isDirect reports whether the file has been opened with O_DIRECT: then a read with RWF_NOWAIT
// would wait for the disk nevertheless.
func isDirect(raw syscall.RawConn) (direct bool) {
	raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		direct = err == nil && flags&unix.O_DIRECT != 0
	})
	return direct
}

// readCached reads the cached pages of a regular file, without waiting for a disk: from the
// offset off, or from the file's position if off is negative. ok reports that it has read
// data; else a helper must read. (At the end of the file, too: some kernels return 0 in
// place of EAGAIN.)
func (f *File) readCached(p []byte, off int64) (n int, ok bool) {
	h := sched.Here()
	if h == nil || h.Current == nil || len(p) == 0 || f.direct {
		return 0, false
	}
	p = p[:min(len(p), fd.BufferSize)]
	err := f.raw.Control(func(fd uintptr) {
		var err error
		n, err = unix.Preadv2(int(fd), [][]byte{p}, off, unix.RWF_NOWAIT)
		ok = err == nil && n > 0
	})
	if err != nil || !ok {
		return 0, false
	}
	h.ChargeIO()
	return n, true
}

//go:build !poller_std

package poller

import "golang.org/x/sys/unix"

// readCached reads what the system has in memory of a regular file, without waiting
// for a disk: from the offset off, or from the file's position if off is negative. ok
// tells that it has read something; else a helper has to. (At the end of the file, too:
// some kernels return 0 where they mean that they would have to wait.)
func (f *File) readCached(p []byte, off int64) (n int, ok bool) {
	h := currentHub()
	if h == nil || h.current == nil || len(p) == 0 {
		return 0, false
	}
	p = p[:min(len(p), offloadMost)]
	err := f.raw.Control(func(fd uintptr) {
		var err error
		n, err = unix.Preadv2(int(fd), [][]byte{p}, off, unix.RWF_NOWAIT)
		ok = err == nil && n > 0
	})
	if err != nil || !ok {
		return 0, false
	}
	h.succeeded()
	return n, true
}

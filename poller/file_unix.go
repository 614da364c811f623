//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

func copyFile(f *os.File) (*File, error) {
	if f == nil {
		return nil, os.ErrInvalid
	}
	p := &File{name: f.Name(), polled: true}
	fd, blocked, err := fd.Copy(f)
	if err != nil {
		return nil, p.pathError("new", err)
	}
	if blocked {
		p.d.OnClose = func() { unix.SetNonblock(p.d.Sysfd, false) }
	}
	p.d.IsFile = true
	h, err := sched.OrBackground(sched.Here())
	if err == nil {
		err = p.d.Watch(h, fd)
	}
	switch {
	case err == nil:
		return p, nil
	case err != unix.EPERM:
		socket.Close(fd)
		return nil, p.pathError("new", err)
	}
	// EPERM: the system reports no readiness for this kind of file.
	if blocked {
		unix.SetNonblock(fd, false)
	}
	return offloadedFile(os.NewFile(uintptr(fd), f.Name()))
}

// ownFile makes a File in the place of f.
func ownFile(f *os.File) (*File, error) {
	if info, err := f.Stat(); err == nil && (info.Mode().IsRegular() || info.IsDir()) {
		return offloadedFile(f)
	}
	defer f.Close()
	return copyFile(f)
}

func offloadedFile(f *os.File) (*File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{name: f.Name(), os: f, raw: raw, direct: isDirect(raw)}, nil
}

func (f *File) readPolled(p []byte) (int, error)  { return f.d.Read(sched.Here(), p) }
func (f *File) writePolled(p []byte) (int, error) { return f.d.Write(sched.Here(), p) }

func (f *File) statPolled() (fs.FileInfo, error) {
	c, err := f.d.File(f.name)
	if err != nil {
		return nil, f.pathError("stat", err)
	}
	defer c.Close()
	return c.Stat()
}

func (f *File) syscallConnPolled() (syscall.RawConn, error) {
	if err := f.d.CheckOpen(); err != nil {
		return nil, f.pathError("SyscallConn", err)
	}
	return fd.NewRawConn(&f.d, f.pathError), nil
}

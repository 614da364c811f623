//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

func copyFile(f *os.File) (*File, error) {
	if f == nil {
		return nil, os.ErrInvalid
	}
	p := &File{name: f.Name(), polled: true}
	fd, blocked, err := copyFD(f)
	if err != nil {
		return nil, p.pathError("new", err)
	}
	if blocked {
		p.d.onClose = func() { unix.SetNonblock(p.d.fd, false) }
	}
	p.d.isFile = true
	h, err := hubOrBackground(currentHub())
	if err == nil {
		err = p.d.watch(h, fd)
	}
	switch {
	case err == nil:
		return p, nil
	case err != unix.EPERM:
		socket.Close(fd)
		return nil, p.pathError("new", err)
	}
	// It does not tell when it is ready.
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

func (f *File) readPolled(p []byte) (int, error)  { return f.d.read(currentHub(), p) }
func (f *File) writePolled(p []byte) (int, error) { return f.d.write(currentHub(), p) }

func (f *File) statPolled() (fs.FileInfo, error) {
	c, err := f.d.file(f.name)
	if err != nil {
		return nil, f.pathError("stat", err)
	}
	defer c.Close()
	return c.Stat()
}

func (f *File) syscallConnPolled() (syscall.RawConn, error) {
	if err := f.d.checkOpen(); err != nil {
		return nil, f.pathError("SyscallConn", err)
	}
	return &rawConn{&f.d, f.pathError}, nil
}

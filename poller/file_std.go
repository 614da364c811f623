//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"io/fs"
	"os"
	"syscall"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

func copyFile(*os.File) (*File, error) { return nil, fault.Unsupported("copying a descriptor") }

// ownFile makes a File in the place of f.
func ownFile(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err == nil && (info.Mode().IsRegular() || info.IsDir()) {
		return &File{name: f.Name(), os: f}, nil
	}
	return &File{name: f.Name(), os: f, slow: true, hub: own(f)}, nil
}

func (f *File) readPolled([]byte) (int, error)              { panic("BUG: poller: no such File") }
func (f *File) writePolled([]byte) (int, error)             { panic("BUG: poller: no such File") }
func (f *File) statPolled() (fs.FileInfo, error)            { panic("BUG: poller: no such File") }
func (f *File) syscallConnPolled() (syscall.RawConn, error) { panic("BUG: poller: no such File") }

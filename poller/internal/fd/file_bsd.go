//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package fd

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// On these systems no system call can be told not to wait: readFile and writeFile are plain
// calls, which let other goroutines have the processor.

func (d *FD) readFile(p []byte) (int, unix.Errno)  { return socket.Sys.ReadNowait(d.Sysfd, p) }
func (d *FD) writeFile(p []byte) (int, unix.Errno) { return socket.Sys.WriteNowait(d.Sysfd, p) }

//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package fd

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

func (d *FD) readFile(p []byte) (int, unix.Errno)  { return socket.Sys.ReadNowait(d.Sysfd, p) }
func (d *FD) writeFile(p []byte) (int, unix.Errno) { return socket.Sys.WriteNowait(d.Sysfd, p) }

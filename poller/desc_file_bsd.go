//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package poller

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

func (d *desc) readFile(p []byte) (int, unix.Errno)  { return socket.Sys.ReadNowait(d.fd, p) }
func (d *desc) writeFile(p []byte) (int, unix.Errno) { return socket.Sys.WriteNowait(d.fd, p) }

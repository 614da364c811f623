//go:build (darwin || dragonfly || linux || netbsd || openbsd) && !poller_std

package poller

import "golang.org/x/sys/unix"

// reusePort is the option by which listeners share an address. On Linux and
// DragonFly they share the load too; elsewhere one of them may get everything.
const reusePort = unix.SO_REUSEPORT

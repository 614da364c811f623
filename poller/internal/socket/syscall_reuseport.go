//go:build (darwin || dragonfly || linux || netbsd || openbsd) && !poller_std

package socket

import "golang.org/x/sys/unix"

// ReusePort is the option by which listeners share an address. On Linux and
// DragonFly they share the load too; elsewhere one of them may get everything.
const ReusePort = unix.SO_REUSEPORT

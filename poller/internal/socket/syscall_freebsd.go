//go:build !poller_std

package socket

import "golang.org/x/sys/unix"

// ReusePort is the option by which listeners share an address and the load. The
// option without LB shares the address alone.
const ReusePort = unix.SO_REUSEPORT_LB

//go:build !poller_std

package poller

import "golang.org/x/sys/unix"

// reusePort is the option by which listeners share an address and the load. The
// one without LB shares the address alone.
const reusePort = unix.SO_REUSEPORT_LB

//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import "github.com/stackful-go/stackful/poller/internal/socket"

type packetAddr = socket.Sockaddr

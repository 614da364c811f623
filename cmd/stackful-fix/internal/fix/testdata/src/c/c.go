package c

import "net"

func assertions(l net.Listener, c any) {
	t := l.(*net.TCPListener) // want `assertion to .net.TCPListener fails .* .poller.Listener`
	_ = t
	switch c := c.(type) {
	case *net.TCPConn, *net.UDPConn: // want `net.TCPConn fails` `net.UDPConn fails .* .poller.PacketConn`
	case *net.UnixListener: // want `net.UnixListener fails`
		_ = c
	case net.Conn, *net.OpError, int, nil:
	}
	_, _ = net.ListenTCP("tcp", nil) // want `net.ListenTCP stops .* use poller.Listen`
	var lc net.ListenConfig
	f := lc.Listen // want `ListenConfig..Listen stops`
	_ = f
}

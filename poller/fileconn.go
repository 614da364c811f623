package poller

import (
	"net"
	"os"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// FileConn returns a connection, a *Conn, that is a copy of the connected socket f;
// of datagrams, as Dial says. It is net.FileConn: f stays open and is the caller's to
// close, neither affects the other, and both share one non-blocking mode, which this
// sets: so do not use f by calls that count on blocking. f.Fd ends that mode: no harm to
// the connection on Linux, but elsewhere its calls would then stop all tasks.
//
// The copy belongs to the calling task's hub, like a connection from Dial. Errors are
// *net.OpError; ENOTSOCK if f is no socket, ENOTCONN if it has no peer.
func FileConn(f *os.File) (net.Conn, error) {
	if err := sched.RefuseSimulated("use a descriptor"); err != nil {
		return nil, fileError(f, err)
	}
	c, err := fileConn(f)
	if err != nil {
		return nil, fileError(f, err)
	}
	return c, nil
}

// FileListener is FileConn for a socket that listens. The result is a *Listener. Its
// Close does not remove the file of a Unix socket. The error is EINVAL if f does not
// listen.
func FileListener(f *os.File) (net.Listener, error) {
	if err := sched.RefuseSimulated("use a descriptor"); err != nil {
		return nil, fileError(f, err)
	}
	l, err := fileListener(f)
	if err != nil {
		return nil, fileError(f, err)
	}
	return l, nil
}

// FilePacketConn is FileConn for a socket of datagrams. The result is a *PacketConn.
func FilePacketConn(f *os.File) (net.PacketConn, error) {
	if err := sched.RefuseSimulated("use a descriptor"); err != nil {
		return nil, fileError(f, err)
	}
	c, err := filePacketConn(f)
	if err != nil {
		return nil, fileError(f, err)
	}
	return c, nil
}

func fileError(f *os.File, err error) error {
	if op, ok := err.(*net.OpError); ok {
		return op
	}
	name := ""
	if f != nil {
		name = f.Name()
	}
	return &net.OpError{Op: "file", Net: "file+net", Addr: textAddr{"file+net", name}, Err: err}
}

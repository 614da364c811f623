//go:build !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

type filer interface{ File() (*os.File, error) }

func fileOf(t *testing.T, x any) *os.File {
	t.Helper()
	f, err := x.(filer).File()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A connection of package net and its copy live side by side: neither blocks, and
// closing one leaves the other open.
func TestFileConn(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			in(t, func(t *testing.T) {
				addr := "127.0.0.1:0"
				if network == "unix" {
					addr = filepath.Join(t.TempDir(), "s")
				}
				l, err := net.Listen(network, addr)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				std, err := net.Dial(network, l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer std.Close()
				peer, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer peer.Close()
				f := fileOf(t, std)
				c, err := FileConn(f)
				if err != nil {
					t.Fatal(err)
				}
				f.Close()
				if a, b := c.RemoteAddr(), std.RemoteAddr(); a.String() != b.String() || a.Network() != b.Network() || c.LocalAddr().String() != std.LocalAddr().String() {
					t.Error(a, b, c.LocalAddr())
				}
				time.AfterFunc(time.Millisecond, func() { peer.Write([]byte("hello")) })
				buf := make([]byte, 10)
				if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
					t.Errorf("%q, %v", buf[:n], err)
				}
				c.Close()
				std.SetReadDeadline(time.Now().Add(time.Millisecond))
				if _, err := std.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) { // it would block if the mode were lost
					t.Error(err)
				}
				if _, err := std.Write([]byte("x")); err != nil {
					t.Error(err)
				}
				// The same the other way round.
				ours, err := Dial(network, l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				f = fileOf(t, ours)
				std2, err := net.FileConn(f)
				if err != nil {
					t.Fatal(err)
				}
				f.Close()
				std2.Close()
				ours.SetReadDeadline(time.Now().Add(time.Millisecond))
				if _, err := ours.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
				ours.Close()
			})
		})
	}
}

// The registration of a copy does not outlive it: a copy of its number elsewhere
// gets no events.
func TestFileConn_socketPair(t *testing.T) {
	for kind, network := range map[int]string{unix.SOCK_STREAM: "unix", unix.SOCK_DGRAM: "unixgram", unix.SOCK_SEQPACKET: "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			run(t, func() {
				fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					t.Fatal(err)
				}
				var ends [2]net.Conn
				for i, fd := range fds {
					f := os.NewFile(uintptr(fd), "end")
					if ends[i], err = FileConn(f); err != nil {
						t.Fatal(err)
					}
					f.Close()
					defer ends[i].Close()
				}
				if n := ends[0].LocalAddr().Network(); n != network {
					t.Error(n)
				}
				reader := Go(func() {
					buf := make([]byte, 10)
					if n, err := ends[1].Read(buf); err != nil || !bytes.Equal(buf[:n], []byte("hi")) {
						t.Errorf("%q, %v", buf[:n], err)
					}
				})
				Yield()
				ends[0].Write([]byte("hi"))
				reader.Join()
			})
		})
	}
}

func TestFileListener(t *testing.T) {
	in(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f := fileOf(t, l)
		ours, err := FileListener(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if ours.Addr().String() != path {
			t.Error(ours.Addr())
		}
		c, err := Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ours.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("x"))
		c.Close()
		if got, err := io.ReadAll(s); string(got) != "x" || err != nil {
			t.Error(got, err)
		}
		s.Close()
		ours.Close()
		if _, err := os.Stat(path); err != nil {
			t.Error("Close of a copy has removed the socket:", err)
		}
	})
}

func TestFilePacketConn(t *testing.T) {
	in(t, func(t *testing.T) {
		std, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer std.Close()
		f := fileOf(t, std)
		ours, err := FilePacketConn(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		defer ours.Close()
		if _, err := ours.WriteTo([]byte("to itself"), std.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 20)
		if n, from, err := ours.ReadFrom(buf); err != nil || string(buf[:n]) != "to itself" || from.String() != std.LocalAddr().String() {
			t.Error(n, from, err)
		}
	})
}

func TestFileConn_errors(t *testing.T) {
	run(t, func() {
		before := openFiles()
		file, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		lf, cf := fileOf(t, listener), fileOf(t, conn)
		closed := fileOf(t, conn)
		closed.Close()
		conns := func(f *os.File) error { _, err := FileConn(f); return err }
		listeners := func(f *os.File) error { _, err := FileListener(f); return err }
		packets := func(f *os.File) error { _, err := FilePacketConn(f); return err }
		for _, c := range []struct {
			what string
			err  error
			want error
		}{
			{"conn of a file", conns(file), unix.ENOTSOCK},
			{"listener of a file", listeners(file), unix.ENOTSOCK},
			{"packet conn of a file", packets(file), unix.ENOTSOCK},
			{"conn of a listener", conns(lf), unix.ENOTCONN},
			{"listener of a conn", listeners(cf), unix.EINVAL},
			{"packet conn of a stream", packets(cf), unix.EPROTONOSUPPORT},
			{"conn of a closed file", conns(closed), os.ErrClosed},
			{"conn of nil", conns(nil), os.ErrInvalid},
		} {
			var op *net.OpError
			if !errors.Is(c.err, c.want) || !errors.As(c.err, &op) || op.Op != "file" {
				t.Errorf("%s: %v", c.what, c.err)
			}
		}
		for _, c := range []io.Closer{file, lf, cf, conn, listener} {
			c.Close()
		}
		expectOpen(t, before)
	})
}

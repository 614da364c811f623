//go:build linux && !poller_std

package poller

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A sync.Mutex that is held around a call of the standard library does no harm as long
// as the call does not wait.

// A write that need not wait does not let other tasks run, neither when the time slice is
// over nor when it is one of many. A read does.
func TestPatched_writeKeepsRunning(t *testing.T) {
	inPatched(t, func() {
		h := sched.Here()
		stream := func(c1, c2 net.Conn) func() (io.Reader, func([]byte) error) {
			return func() (io.Reader, func([]byte) error) {
				return c2, func(p []byte) error { _, err := c1.Write(p); return err }
			}
		}
		tcp1, tcp2 := stdPair(t)
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		r, w, err := os.Pipe()
		needNil(t, err)
		file, err := os.Open(os.Args[0])
		needNil(t, err)
		for _, c := range []io.Closer{tcp1, tcp2, udp, r, w, file} {
			defer c.Close()
		}
		for name, make := range map[string]func() (io.Reader, func([]byte) error){
			"tcp": stream(tcp1, tcp2),
			"pipe": func() (io.Reader, func([]byte) error) {
				return r, func(p []byte) error { _, err := w.Write(p); return err }
			},
			"udp": func() (io.Reader, func([]byte) error) {
				return udp.(io.Reader), func(p []byte) error { _, err := udp.WriteTo(p, udp.LocalAddr()); return err }
			},
			"writev": func() (io.Reader, func([]byte) error) {
				return tcp2, func(p []byte) error { _, err := (&net.Buffers{p, p}).WriteTo(tcp1); return err }
			},
			"sendfile": func() (io.Reader, func([]byte) error) {
				return tcp2, func(p []byte) error { _, err := io.CopyN(tcp1, file, 1); return err }
			},
			"raw": func() (io.Reader, func([]byte) error) {
				raw, err := tcp1.(*net.TCPConn).SyscallConn()
				needNil(t, err)
				return tcp2, func(p []byte) error {
					return raw.Write(func(fd uintptr) bool { _, err := socket.RawWrite(int(fd), p); return err == 0 })
				}
			},
		} {
			from, write := make()
			ran := false
			other := Go(func() { ran = true })
			for i := range 2 * sched.IoBudget {
				biased.StoreRelease(&h.PreemptRequest, sched.PreemptSlice)
				needNil(t, write([]byte("x")))
				if ran {
					t.Errorf("%s: another task has run in write %d", name, i)
					break
				}
			}
			for i := 0; i < sched.IoBudget && !ran; i++ {
				_, err := from.Read([]byte{0})
				needNil(t, err)
			}
			if !ran {
				t.Errorf("%s: no other task has run in %d reads", name, sched.IoBudget)
			}
			other.Join()
		}
	})
}

// Package log holds its lock while it writes.
func TestPatched_logToPipe(t *testing.T) {
	mustEnd(t)
	inPatched(t, func() {
		r, w, err := os.Pipe()
		needNil(t, err)
		defer r.Close()
		l := log.New(w, "", 0)
		var g Group
		for i := range 2 {
			g.Go(func() error {
				for range 2 * sched.IoBudget {
					l.Print(i)
				}
				return nil
			})
		}
		needNil(t, g.Join())
		w.Close()
		b, err := io.ReadAll(r)
		if err != nil || len(b) != 2*2*sched.IoBudget*len("0\n") {
			t.Errorf("read %d bytes, %v", len(b), err)
		}
	})
}

// The tasks that read bodies over one connection, or close them early, share the lock
// under which that is written to.
func TestPatched_http2Bodies(t *testing.T) {
	mustEnd(t)
	body := strings.Repeat("x", 1<<20)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, body)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	inPatched(t, func() {
		get := func(most int) error {
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			n, err := io.CopyN(io.Discard, resp.Body, int64(most))
			if err == nil && n != int64(most) {
				err = fmt.Errorf("%d bytes of %d", n, most)
			}
			return err
		}
		for range 6 {
			var g Group
			for i := range 8 {
				g.Go(func() error {
					if i%4 == 3 {
						return get(100_000) // and Close gives back what has come besides
					}
					return get(len(body))
				})
			}
			needNil(t, g.Join())
		}
	})
}

// While a write to an HTTP/2 connection waits, the tasks that read its bodies, and close
// them, are parked, and the others go on.
func TestPatched_http2WriteWaits(t *testing.T) {
	mustEnd(t)
	body := strings.Repeat("x", 100_000)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, body)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	var gate sync.Mutex
	transport := server.Client().Transport.(*http.Transport)
	transport.ForceAttemptHTTP2 = true
	transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := net.Dial(network, server.Listener.Addr().String())
		if err != nil {
			return nil, err
		}
		config := transport.TLSClientConfig.Clone()
		config.ServerName, config.NextProtos = "example.com", []string{"h2"}
		secure := tls.Client(gatedConn{c, &gate}, config)
		return secure, secure.HandshakeContext(ctx)
	}
	inPatched(t, func() {
		var bodies [2]io.ReadCloser
		for i := range bodies {
			resp, err := server.Client().Get(server.URL)
			needNil(t, err)
			if bodies[i] = resp.Body; resp.ProtoMajor != 2 {
				t.Fatal(resp.Proto)
			}
			_, err = io.ReadFull(bodies[i], make([]byte, 1)) // it is there
			needNil(t, err)
		}
		gate.Lock()
		read := Go(func() {
			b, err := io.ReadAll(bodies[0])
			if err != nil || len(b) != len(body)-1 {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		})
		end := Go(func() { bodies[1].Close() })
		untilInRuntime(2)
		for range 1000 {
			YieldIO()
		}
		if read.Ended() {
			t.Error("nothing was written in a hundred thousand bytes")
		}
		gate.Unlock()
		needNil(t, JoinAll(read, end))
	})
}

// A gatedConn writes when nobody else holds the gate.
type gatedConn struct {
	net.Conn
	gate *sync.Mutex
}

func (c gatedConn) Write(p []byte) (int, error) {
	c.gate.Lock()
	defer c.gate.Unlock()
	return c.Conn.Write(p)
}

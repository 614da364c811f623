package integration

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// tlsConfigs returns the configurations of a server and of a client that trusts it.
var tlsConfigs = sync.OnceValues(func() (server, client *tls.Config) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := x509.Certificate{
		SerialNumber:          big.NewInt(1),
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key))
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(der)))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: roots, ServerName: "localhost"}
})

// forTLS runs test with a pair of TLS connections, after their handshake, over
// each kind of connection and with each version of the protocol. All is done by
// tasks of one goroutine, and that is checked.
func forTLS(t *testing.T, test func(t *testing.T, client, server *tls.Conn)) {
	for kind, newPair := range kinds {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprintf("%s/%s", kind, tls.VersionName(version)), func(t *testing.T) {
				run(t, func() {
					var used goroutineSet
					a, b := newPair(t)
					client, server := tlsPair(watchedConn{a, &used}, watchedConn{b, &used}, version)
					test(t, client, server)
					rest := poller.Go(func() { io.Copy(io.Discard, server) }) // without a reader, Close would wait
					client.Close()
					join(rest)
					server.Close()
					used.mustBeOnly(t)
				})
			})
		}
	}
}

func tlsPair(a, b net.Conn, version uint16) (client, server *tls.Conn) {
	serverConfig, clientConfig := tlsConfigs()
	clientConfig = clientConfig.Clone()
	clientConfig.MinVersion, clientConfig.MaxVersion = version, version
	client, server = tls.Client(a, clientConfig), tls.Server(b, serverConfig)
	shake := poller.Go(func() { check(server.Handshake()) })
	check(client.Handshake())
	join(shake)
	return client, server
}

func TestTLS_pingPong(t *testing.T) {
	forTLS(t, func(t *testing.T, client, server *tls.Conn) {
		if v := client.ConnectionState().Version; v != server.ConnectionState().Version {
			t.Error("the ends speak different versions")
		}
		echo := poller.Go(func() {
			if n, err := io.Copy(server, server); n != 6400 || err != nil {
				t.Errorf("server: %d bytes, %v", n, err)
			}
		})
		got := make([]byte, 64)
		for i := range 100 {
			want := randomBytes(byte(i), len(got))
			must(client.Write(want))
			must(io.ReadFull(client, got))
			if string(got) != string(want) {
				t.Fatalf("reply %d is wrong", i)
			}
		}
		check(client.CloseWrite())
		join(echo)
	})
}

// The client's close_notify ends its direction only: the server's answer to all
// that it has read arrives.
func TestTLS_halfClose(t *testing.T) {
	forTLS(t, func(t *testing.T, client, server *tls.Conn) {
		question := randomBytes(1, 100_000)
		answer := poller.Go(func() {
			sum := must(digest(server, -1))
			must(io.WriteString(server, sum))
			check(server.CloseWrite())
		})
		asked := poller.Go(func() {
			must(client.Write(question))
			check(client.CloseWrite())
		})
		if got, want := string(must(io.ReadAll(client))), digestOf(question); got != want {
			t.Errorf("the answer is %q, want %q", got, want)
		}
		join(answer, asked)
	})
}

// Both directions at once, more than any buffer holds: four tasks.
func TestTLS_bigTransfers(t *testing.T) {
	forTLS(t, func(t *testing.T, client, server *tls.Conn) {
		up, down := randomBytes(2, 8<<20), randomBytes(3, 8<<20)
		join(
			poller.Go(func() { must(client.Write(up)) }),
			poller.Go(func() { must(server.Write(down)) }),
			poller.Go(func() {
				if got := must(digest(server, int64(len(up)))); got != digestOf(up) {
					t.Error("what the client sent is not what came")
				}
			}),
			poller.Go(func() {
				if got := must(digest(client, int64(len(down)))); got != digestOf(down) {
					t.Error("what the server sent is not what came")
				}
			}),
		)
	})
}

// A read that is out of time is repeated, and goes on where it was.
func TestTLS_readDeadline(t *testing.T) {
	forTLS(t, func(t *testing.T, client, server *tls.Conn) {
		check(client.SetReadDeadline(time.Now().Add(time.Millisecond)))
		buf := make([]byte, 8)
		_, err := client.Read(buf)
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("at the deadline: %v", err)
		}
		check(client.SetReadDeadline(time.Time{}))
		write := poller.Go(func() { must(server.Write([]byte("in time"))) })
		if n, err := client.Read(buf); string(buf[:n]) != "in time" {
			t.Errorf("after it: %q, %v", buf[:n], err)
		}
		join(write)
	})
}

// A handshake that a context ends is ended by a goroutine of crypto/tls, which
// closes the connection under the task that is parked in it.
func TestTLS_handshakeCanceled(t *testing.T) {
	run(t, func() {
		a, b := pair("tcp", "127.0.0.1:0")
		defer b.Close()
		_, config := tlsConfigs()
		ctx, cancel := context.WithCancel(context.Background())
		other := poller.Go(func() {
			check(b.(*poller.Conn).WaitReadable()) // the handshake has begun
			cancel()
		})
		if err := tls.Client(a, config).HandshakeContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the handshake: %v", err)
		}
		join(other)
	})
}

func TestTLS_wrongCertificate(t *testing.T) {
	run(t, func() {
		a, b := pair("tcp", "127.0.0.1:0")
		serverConfig, _ := tlsConfigs()
		server := poller.Go(func() {
			defer b.Close()
			if tls.Server(b, serverConfig).Handshake() == nil {
				t.Error("the server is content with a client that hangs up")
			}
		})
		client := tls.Client(a, &tls.Config{ServerName: "localhost"})
		var unknown x509.UnknownAuthorityError
		if err := client.Handshake(); !errors.As(err, &unknown) {
			t.Errorf("the handshake: %v", err)
		}
		client.Close()
		join(server)
	})
}

// Many clients on the server's goroutine, beside goroutines without any hub.
func TestTLS_manyClients(t *testing.T) {
	run(t, func() {
		serverConfig, clientConfig := tlsConfigs()
		l := must(poller.Listen("tcp", "127.0.0.1:0"))
		addr := l.Addr().String()
		accepting := poller.Go(func() {
			for listener := tls.NewListener(l, serverConfig); ; {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				poller.Go(func() {
					defer c.Close()
					io.Copy(c, c)
				})
			}
		})
		client := func(i int) (err error) {
			raw, err := poller.Dial("tcp", addr)
			if err != nil {
				return err
			}
			c := tls.Client(raw, clientConfig)
			defer c.Close()
			want := randomBytes(byte(i), 2000)
			for range 5 {
				if _, err := c.Write(want); err != nil {
					return err
				}
				got := make([]byte, len(want))
				if _, err := io.ReadFull(c, got); err != nil {
					return err
				} else if string(got) != string(want) {
					return errors.New("a reply is wrong")
				}
			}
			return nil
		}
		var clients poller.Group
		for i := range 30 {
			clients.Go(func() error { return client(i) })
			clients.Go(func() error {
				_, err := poller.Await(func() (int, error) { return 0, client(i) })
				return err
			})
		}
		check(clients.Join())
		l.Close()
		join(accepting)
	})
}

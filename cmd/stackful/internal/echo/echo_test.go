package echo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

func TestMain(m *testing.M) {
	clitest.Main(m, &cli.Program{Commands: []cli.Command{Command}, Children: Children})
}

func TestEcho(t *testing.T) {
	out := clitest.MustRun(t, "echo", "-clients", "20", "-d", "300ms")
	clitest.MustContain(t, out, "each reply verified: 0 failures", "20 served by ", "backend")
	if stackful.Backend().Native {
		clitest.MustContain(t, out, "20 served by one goroutine: ids {")
	}
}

func TestEcho_payload(t *testing.T) {
	for _, bytes := range []string{"16", "5000", "65536"} {
		clitest.MustContain(t, clitest.MustRun(t, "echo", "-clients", "3", "-d", "50ms", "-payload", bytes), ": 0 failures")
	}
}

func TestEcho_net(t *testing.T) {
	clitest.MustContain(t, clitest.MustRun(t, "echo", "-clients", "20", "-d", "100ms", "-net"), ": 0 failures", "20 served by 20 goroutines")
}

func TestEcho_compare(t *testing.T) {
	out := clitest.MustRun(t, "echo", "-clients", "10", "-d", "200ms", "-rounds", "2", "-compare")
	clitest.MustContain(t, out, "round 2  poller", "round 2  net", "throughput  poller/net  ")
	if strings.Contains(out, "target") {
		t.Errorf("it has a target:\n%s", out)
	}
}

func TestEcho_addressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if out, errs, code := clitest.Run(t.Context(), "echo", "-addr", l.Addr().String()); code != cli.ExitFailed || !strings.Contains(errs, "in use") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// With no clients of its own it serves others.
func TestEcho_serve(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out clitest.Buffer
	code := make(chan int)
	go func() {
		code <- clitest.RunIn(ctx, term.New(strings.NewReader(""), &out, &out), "echo", "-clients", "0")
	}()
	for !strings.Contains(out.String(), "serving until interrupted") {
		time.Sleep(time.Millisecond)
	}
	_, addr, _ := strings.Cut(out.String(), " on 127")
	addr, _, _ = strings.Cut("127"+addr, "\n")
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make([]byte, 5)
	c.SetDeadline(time.Now().Add(Patience))
	fmt.Fprint(c, "hello")
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "HELLO" {
		t.Errorf("got %q, %v", got, err)
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d", got)
	}
}

// The clients notice what is wrong with a server.
func TestEcho_faultyServer(t *testing.T) {
	var first []byte // of another connection
	for _, c := range []struct {
		name, says string
		answer     func(c net.Conn, request []byte)
	}{
		{"lower case", "got", func(c net.Conn, request []byte) { c.Write(request) }},
		{"one letter", "got", func(c net.Conn, request []byte) {
			reply := bytes.ToUpper(request)
			reply[len(reply)-1]++
			c.Write(reply)
		}},
		{"another connection's", "got", func(c net.Conn, request []byte) {
			if first == nil {
				first = bytes.ToUpper(request)
			}
			c.Write(first)
		}},
		{"too short", "bytes came back", func(c net.Conn, request []byte) {
			c.Write(bytes.ToUpper(request)[1:])
			c.Close()
		}},
		{"nothing", "0 of 64 bytes came back", func(c net.Conn, _ []byte) { c.Close() }},
		{"too long", "", func(c net.Conn, request []byte) { c.Write(append(bytes.ToUpper(request), 'X')) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := faultyServer(t, c.answer)
			var out clitest.Buffer
			o := options{clients: 2, duration: 50 * time.Millisecond, payload: 64}
			screen := term.New(nil, &out, &out)
			none := func(bool) (u Usage) { return u }
			r, err := driveClients(t.Context(), screen, o, l.Addr().String(), none)
			if err != nil {
				t.Fatal(err)
			}
			if r.result.Failures == 0 || r.verdict(screen, true, Usage{}) == nil {
				t.Errorf("no failure in %+v", r.result)
			}
			clitest.MustContain(t, strings.Join(r.result.Examples, "\n"), c.says)
		})
	}
}

// faultyServer answers each request by a function, one request at a time.
func faultyServer(t *testing.T, answer func(c net.Conn, request []byte)) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	turn := make(chan struct{}, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for request := make([]byte, 64); ; {
					if _, err := io.ReadFull(c, request); err != nil {
						return
					}
					turn <- struct{}{}
					answer(c, request)
					<-turn
				}
			}()
		}
	}()
	return l
}

// More than one goroutine, in the native backend, is a failure.
func TestEcho_verdict(t *testing.T) {
	var out clitest.Buffer
	screen := term.New(nil, &out, &out)
	r := &clientRun{result: result{Requests: 1}}
	native := stackful.Backend().Native
	for _, c := range []struct {
		ids []uint64
		std bool
		bad bool
	}{
		{[]uint64{1}, false, false},
		{[]uint64{1, 2}, false, native},
		{[]uint64{1, 2}, true, false},
		{nil, false, native},
	} {
		if err := r.verdict(screen, c.std, Usage{Goroutines: c.ids}); (err != nil) != c.bad {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestEchoClient_requestsDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for id := range 30 {
		c := newClient(&fleet{payload: minPayload}, id, nil)
		for range 100 {
			c.next()
			if seen[string(c.request)] {
				t.Fatalf("client %d: %q was there before", id, c.request)
			}
			seen[string(c.request)] = true
			if string(bytes.ToUpper(c.request)) != string(c.want) {
				t.Fatalf("request %q, want %q", c.request, c.want)
			}
		}
	}
}

// The rounds are compared pair by pair, however the clock changes between them.
func TestMedianRatio(t *testing.T) {
	ours, theirs := []float64{30, 12, 3}, []float64{20, 10, 1}
	if r := medianRatio(ours, theirs); r != 1.5 {
		t.Errorf("the median of the ratios is %v, want 1.5", r)
	}
}

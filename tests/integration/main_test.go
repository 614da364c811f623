package integration

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller"
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range atEnd {
		f()
	}
	os.Exit(code)
}

// atEnd is called when all tests have run.
var atEnd []func()

// run is poller.Run for tests that expect no error. A task that panics ends the
// test, whoever joins it.
func run(t testing.TB, main func()) {
	t.Helper()
	defer poller.SetErrorHandler(poller.SetErrorHandler(func(task *poller.Task, err *poller.PanicError) {
		t.Errorf("%s: %v\n%s", task.Name(), err.Value, err.Stack)
	}))
	if err := poller.Run(main); err != nil {
		t.Fatal("Run:", err)
	}
}

// must is for calls that a test needs.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func join(tasks ...*poller.Task) { check(poller.JoinAll(tasks...)) }

// offTask makes a call that would block the task's goroutine by something else
// than a connection of ours. The hub goes on meanwhile.
func offTask(f func() error) {
	_, err := poller.Await(func() (struct{}, error) { return struct{}{}, f() })
	check(err)
}

// kinds are the kinds of connections, each with a function that makes a pair.
var kinds = map[string]func(t testing.TB) (a, b net.Conn){
	"tcp":  func(t testing.TB) (a, b net.Conn) { return pair("tcp", "127.0.0.1:0") },
	"unix": func(t testing.TB) (a, b net.Conn) { return pair("unix", t.TempDir()+"/s") },
	"pipe": func(testing.TB) (a, b net.Conn) { return poller.Pipe() },
}

func pair(network, address string) (a, b net.Conn) {
	l := must(poller.Listen(network, address))
	defer l.Close()
	dial := poller.Async(func() (net.Conn, error) { return poller.Dial(network, l.Addr().String()) })
	b = must(l.Accept())
	return must(dial.Get()), b
}

// A goroutineSet is the set of the goroutines that have used something.
type goroutineSet struct {
	mu  sync.Mutex
	ids []uint64
}

func (s *goroutineSet) here() {
	id := asm.Goid()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.ids, id) {
		s.ids = append(s.ids, id)
	}
}

// mustBeOnly checks that all was done by the calling goroutine, if tasks are on
// one at all.
func (s *goroutineSet) mustBeOnly(t testing.TB) {
	t.Helper()
	if want := []uint64{asm.Goid()}; stackful.Backend().Native && !slices.Equal(s.ids, want) {
		t.Errorf("connections were used by goroutines %v, want %v", s.ids, want)
	}
}

// A watchedConn remembers who has used it.
type watchedConn struct {
	net.Conn
	by *goroutineSet
}

func (c watchedConn) Read(p []byte) (int, error)  { c.by.here(); return c.Conn.Read(p) }
func (c watchedConn) Write(p []byte) (int, error) { c.by.here(); return c.Conn.Write(p) }
func (c watchedConn) Close() error                { c.by.here(); return c.Conn.Close() }

// randomBytes returns n bytes that follow from seed.
func randomBytes(seed byte, n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(p)
	return p
}

// digest reads n bytes, or to the end if n is negative, and returns their hash.
func digest(r io.Reader, n int64) (string, error) {
	if n >= 0 {
		r = io.LimitReader(r, n)
	}
	h := sha256.New()
	read, err := io.Copy(h, r)
	if err == nil && n >= 0 && read != n {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Sprintf("%d bytes %x", read, h.Sum(nil)), err
}

func digestOf(p []byte) string { return fmt.Sprintf("%d bytes %x", len(p), sha256.Sum256(p)) }

func containsCommand(clients, command string) bool {
	return strings.Contains(clients, "cmd="+command+" ")
}

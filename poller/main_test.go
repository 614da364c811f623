package poller

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

var seed = flag.Uint64("seed", 0, "seed of the random tests; 0 chooses one")

// rng returns a generator whose seed is printed if the test fails.
func rng(t testing.TB) *rand.Rand {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to run it again: -seed %d", s)
		}
	})
	return rand.New(rand.NewPCG(s, 1))
}

// run is Run for tests that expect no error.
func run(t testing.TB, main func()) {
	t.Helper()
	// Without time slices: what a test does between two waits is one piece,
	// however long the machine takes for it.
	if err := (Options{TimeSlice: -1}).Run(main); err != nil {
		t.Fatal("Run:", err)
	}
}

// TestMain fails if tests leave goroutines or descriptors behind.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" { // a test has goroutines and timers, so it is no place for a deadlock
		deadlocks()
		return
	}
	flag.Parse()
	run := Run(func() { Go(func() {}).Join() }) // start what stays
	if run != nil {
		fmt.Println(run)
		os.Exit(1)
	}
	warmUp()
	before := openFiles()
	code := m.Run()
	if code == 0 {
		code = leaks(before)
	}
	os.Exit(code)
}

// warmUp makes the standard library open what it keeps open.
func warmUp() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
}

func leaks(before []string) int {
	code := 0
	tries := 200
	if !stackful.Backend().Native {
		tries = 2000 // the orphans of ended goroutines are looked for as the collector runs, at most once in some seconds
	}
	var left []string
	for try := 0; ; try++ {
		if !stackful.Backend().Native && try%100 == 99 {
			runtime.GC()
		}
		left = strayGoroutines()
		if len(left) == 0 && len(openFiles()) <= len(before)+2 { // epoll and eventfd of the background hub
			return code
		}
		if try == tries {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, g := range left {
		fmt.Println("leaked goroutine:", g)
	}
	if after := openFiles(); len(after) > len(before)+2 {
		fmt.Println("open descriptors before:", before, "after:", after)
	}
	return 1
}

// strayGoroutines returns the stacks of goroutines that are in code of this
// package. Carriers of stacks, which package stackful keeps, are not.
func strayGoroutines() (left []string) {
	buf := make([]byte, 1<<20)
	n := runtime.Stack(buf, true)
	for ; n == len(buf); n = runtime.Stack(buf, true) {
		buf = make([]byte, 2*len(buf)) // the dump was cut short
	}
	for _, g := range strings.Split(string(buf[:n]), "\n\n") {
		if strings.Contains(g, "stackful/poller.") && !strings.Contains(g, "poller.TestMain") &&
			!strings.Contains(g, "_leaves") { // tests of tasks that Run leaves behind
			left = append(left, g)
		}
	}
	return left
}

// trim closes what the package keeps open to use it again.
var trim = func() {}

func openFiles() (names []string) {
	trim()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			names = append(names, e.Name()+"->"+to)
		}
	}
	return names
}

// serve calls handle with every connection of l, in a task for each, until l is closed.
func serve(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		Go(func() { handle(c) })
	}
}

// echo is the server's side of most tests: it reads to the end.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// mustEnd stops the test's process if the test does not end, or does not call progress, which any goroutine
// may, for half a minute: a goroutine that is blocked cannot report anything.
func mustEnd(t testing.TB) (progress func()) {
	t.Helper()
	const limit = 30 * time.Second
	alarm := time.AfterFunc(limit, func() { panic(t.Name() + ": tasks wait for ever") })
	t.Cleanup(func() { alarm.Stop() })
	return func() { alarm.Reset(limit) }
}

// untilParked lets others run until n tasks of this hub are parked for the reason
// why.
func untilParked(why sched.Reason, n int) {
	for {
		found := 0
		for _, t := range sched.Here().AllTasks() {
			if is, parked := waitsFor(t); parked && is == why {
				found++
			}
		}
		if found >= n {
			return
		}
		YieldIO()
	}
}

// untilInRuntime lets others run until n tasks of this hub wait in package runtime.
func untilInRuntime(n int) {
	for {
		found := 0
		for _, t := range sched.Here().AllTasks() {
			if t.Fiber != nil && t.Fiber.IsWaitingInRuntime() {
				found++
			}
		}
		if found >= n {
			return
		}
		YieldIO()
	}
}

// waitsFor returns what t, of this hub, is parked for, if it is.
func waitsFor(t *sched.Task) (sched.Reason, bool) {
	if t.Fiber == nil || t.HasEnded.Load() {
		return 0, false
	}
	return t.Fiber.W.Why, t.Fiber.W.State.Load() == sched.WaiterWaiting
}

// needNil fails the test at once: in a task that ends all of its goroutine.
func needNil(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// panicOf returns what f panics with.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// mustPanic checks that f panics with a text that contains what is said.
func mustPanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v == nil {
			t.Errorf("no panic, want one about %q", text)
		} else if _, bare := v.(string); !strings.Contains(fmt.Sprint(v), text) || bare && strings.HasPrefix(v.(string), "poller: ") {
			t.Errorf("panic %v, want one about %q", v, text)
		}
	}()
	f()
}

//go:build linux && !poller_std

package poller

import (
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// The thread that blocks in the runtime's poller parks while all that wait for descriptors are tasks of a hub that runs:
// see files/poller.go.txt of the overlay. In these tests it parks for ever unless it is woken, in a process of their own, in which no
// goroutine of another test waits for a descriptor.

// inPollerProcess runs main as a task in a process of its own, with procs processors and without time slices, whose timer would
// wake the thread. It is given a function that has the hub busy until the thread has parked, which it reports, or for most exchanges.
func inPollerProcess(t *testing.T, procs int, o Options, main func(parks func(most int) bool)) {
	needPatched(t)
	const variable = "STACKFUL_TEST_POLLER"
	if os.Getenv(variable) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), variable+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	mustEnd(t)
	runtime.GOMAXPROCS(procs)
	runtimepatch.Runtime.Parks(math.MaxInt64 / 2)
	needNil(t, o.Run(func() {
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		Go(func() { io.Copy(c2, c2) })
		main(func(most int) bool { return pollerParks(t, c1, most) })
	}))
}

// pollerParks exchanges bytes with the task at the other end of c until the thread has parked, most times, and reports whether it has.
func pollerParks(t *testing.T, c net.Conn, most int) bool {
	t.Helper()
	parks, _ := runtimepatch.Runtime.Parks(0)
	for i := range most {
		if now, _ := runtimepatch.Runtime.Parks(0); now != parks {
			return true
		}
		if i%100 == 0 {
			runtimepatch.Go(func() {}) // for a thread that has no work then
		}
		exchange(t, c)
	}
	return false
}

func mustPark(t *testing.T, parks func(most int) bool) {
	t.Helper()
	if !parks(1_000_000) {
		t.Fatal("the thread does not park")
	}
}

// whileParked calls f on a goroutine, and computes until it has returned, when the thread has parked.
func whileParked(t *testing.T, parks func(most int) bool, f func()) {
	t.Helper()
	mustPark(t, parks)
	var done atomic.Bool
	runtimepatch.Go(func() {
		defer done.Store(true)
		f()
	})
	for !done.Load() {
	}
}

// exchange sends a byte, and waits for it to come back.
func exchange(t *testing.T, c io.ReadWriter) {
	t.Helper()
	b := []byte{1}
	_, err := c.Write(b)
	needNil(t, err)
	_, err = io.ReadFull(c, b)
	needNil(t, err)
}

// A hub that goes to sleep is woken by an event of its tasks.
func TestPatched_pollerHubSleeps(t *testing.T) {
	inPollerProcess(t, 2, Options{TimeSlice: -1}, func(parks func(most int) bool) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		needNil(t, err)
		needNil(t, unix.SetNonblock(fds[0], true))
		f := os.NewFile(uintptr(fds[0]), "socket")
		defer f.Close()
		runtimepatch.Go(func() { // it needs no poller
			defer unix.Close(fds[1])
			b := make([]byte, 1)
			for {
				if n, _ := unix.Read(fds[1], b); n <= 0 {
					return
				}
				unix.Write(fds[1], b)
			}
		})
		for i := range 200 {
			if i == 100 { // its thread cannot wait for events then
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			mustPark(t, parks)
			for range 10 {
				exchange(t, f)
			}
		}
	})
}

// Goroutines that wait for descriptors go on while a task computes.
func TestPatched_pollerGoroutines(t *testing.T) {
	inPollerProcess(t, 2, Options{TimeSlice: -1}, func(parks func(most int) bool) {
		for range 100 {
			whileParked(t, parks, func() {
				c1, c2 := stdPair(t)
				defer c1.Close()
				defer c2.Close()
				go io.Copy(c2, c2)
				for range 10 {
					exchange(t, c1)
				}
			})
		}
	})
}

// So do those that wait for timers.
func TestPatched_pollerTimers(t *testing.T) {
	inPollerProcess(t, 2, Options{TimeSlice: -1}, func(parks func(most int) bool) {
		for range 20 {
			whileParked(t, parks, func() {
				for range 3 {
					time.Sleep(time.Microsecond)
				}
			})
		}
	})
}

// A hub whose tasks are preempted has to be told of each event: then the thread does not park.
func TestPatched_pollerPreempts(t *testing.T) {
	inPollerProcess(t, 2, Options{Preempt: true}, func(parks func(most int) bool) {
		if parks(50_000) {
			t.Error("it has parked")
		}
	})
}

// Goroutines and tasks that wait for descriptors at the same time, beside a hub that is busy now and then: whoever comes while the
// thread is about to park, or to be relieved, is served.
func TestHammerPatched_poller(t *testing.T) {
	inPollerProcess(t, 4, Options{TimeSlice: -1}, func(func(int) bool) {
		const rounds = 300
		var goroutines sync.WaitGroup
		defer goroutines.Wait()
		for range 3 {
			goroutines.Add(1)
			runtimepatch.Go(func() {
				defer goroutines.Done()
				for range rounds {
					c1, c2 := stdPair(t)
					go func() {
						defer c2.Close()
						io.Copy(c2, c2)
					}()
					for range 5 {
						exchange(t, c1)
					}
					c1.Close()
					time.Sleep(time.Millisecond) // the thread can park
				}
			})
		}
		for range rounds {
			c1, c2 := stdPair(t)
			runtimepatch.Go(func() {
				defer c2.Close()
				io.Copy(c2, c2)
			})
			for range 5 {
				exchange(t, c1) // the hub sleeps
			}
			c1.Close()
			c3, c4 := stdPair(t)
			echo := Go(func() {
				defer c4.Close()
				io.Copy(c4, c4)
			})
			for range 100 {
				exchange(t, c3) // it is busy
			}
			c3.Close()
			needNil(t, echo.Join())
		}
	})
}

package poller

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// asProgram is the environment variable that makes this test binary the program deadlocks.
const asProgram = "STACKFUL_TEST_DEADLOCKS"

// deadlocked are waits that nothing can end.
var deadlocked = map[string]func(){
	"Join":              func() { main := Current(); Go(func() { new(Event).Wait(); main.Kill() }).Join() },
	"JoinAny":           func() { JoinAny(Go(func() { new(Event).Wait() })) },
	"Mutex.Lock":        func() { var m Mutex; m.Lock(); m.Lock() },
	"RWMutex.Lock":      func() { var m RWMutex; m.RLock(); m.Lock() },
	"RWMutex.RLock":     func() { var m RWMutex; m.Lock(); m.RLock() },
	"Semaphore.Acquire": func() { new(Semaphore).Acquire() },
	"Cond.Wait":         func() { var m Mutex; m.Lock(); NewCond(&m).Wait() },
	"Event.Wait":        func() { new(Event).Wait() },
	"WaitGroup.Wait":    func() { var wg WaitGroup; wg.Add(1); wg.Wait() },
	"Chan.Send":         func() { new(Chan[int]).Send(1) },
	"Chan.Recv":         func() { new(Chan[int]).Recv() },
	"Chan.All": func() {
		for range new(Chan[int]).All() {
		}
	},
	"Queue.Get":         func() { new(Queue[int]).Get() },
	"Queue.Put":         func() { q := NewQueue[int](1); q.Put(1); q.Put(2) },
	"Select":            func() { var c Chan[int]; Select(c.OnRecv(nil, nil)) },
	"Select of nothing": func() { Select() },
	"Pipe.Read":         func() { c, _ := Pipe(); c.Read(make([]byte, 1)) },
	"Pipe.Write":        func() { c, _ := Pipe(); c.Write(make([]byte, 1)) },
	"Group.Join":        func() { var g Group; g.GoFunc(func() { new(Event).Wait() }); g.Join() },
	"Async":             func() { Async(func() (int, error) { new(Event).Wait(); return 0, nil }).Get() },
	"Pool.Go":           func() { p := NewPool(1); p.GoFunc(func() { new(Event).Wait() }); p.GoFunc(func() {}) },
	"beside a listener": func() { Listen("tcp", "127.0.0.1:0"); new(Event).Wait() },
}

// notDeadlocked are waits that something outside ends, later than the hub looks for a deadlock.
var notDeadlocked = map[string]func(){
	"time.AfterFunc": func() {
		var e Event
		time.AfterFunc(10*time.Duration(sched.IdleLook), e.Set)
		e.Wait()
	},
	"a goroutine": func() {
		var e Event
		wake := make(chan bool)
		go func() { <-wake; e.Set() }()
		time.AfterFunc(10*time.Duration(sched.IdleLook), func() { close(wake) })
		e.Wait()
	},
	"a descriptor": func() {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		defer r.Close()
		defer w.Close()
		f, err := NewFile(r)
		if errors.Is(err, errors.ErrUnsupported) {
			return // without a readiness backend
		}
		var e Event
		Go(func() { f.Read(make([]byte, 1)); e.Set() })
		time.AfterFunc(10*time.Duration(sched.IdleLook), func() { w.Write([]byte("x")) })
		e.Wait()
	},
	// In a program that `stackful build` has built the task waits in package runtime, and there is
	// no goroutine or timer; in another it blocks the goroutine.
	"a wait in package runtime": func() {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		defer r.Close()
		writer := exec.Command("sh", "-c", "sleep 0.1; echo x")
		if runtime.GOOS == "windows" { // no sh there: one ping a second
			writer = exec.Command("cmd", "/c", "ping -n 2 127.0.0.1 >nul & echo x")
		}
		writer.Stdout = w
		if err := writer.Start(); err != nil {
			panic(err)
		}
		w.Close()
		var e Event
		Go(func() { r.Read(make([]byte, 1)); e.Set() })
		e.Wait()
		writer.Wait()
	},
	"Await": func() {
		var e Event
		Go(func() {
			Await(func() (int, error) { time.Sleep(10 * time.Duration(sched.IdleLook)); return 0, nil })
			e.Set()
		})
		e.Wait()
	},
	"Sleep": func() { Sleep(10 * time.Duration(sched.IdleLook)) },
	"Call": func() {
		hub := Here()
		var e Event
		go func() {
			time.Sleep(10 * time.Duration(sched.IdleLook))
			Call(hub, func() (int, error) { e.Set(); return 0, nil })
		}()
		e.Wait()
	},
}

func init() {
	if sched.RuntimePatched() {
		maps.Copy(deadlocked, map[string]func(){
			"chan receive": func() { <-make(chan int) },
			"chan send":    func() { make(chan int) <- 1 },
			"nil channel":  func() { <-(chan int)(nil) },
			"select": func() {
				c := make(chan int)
				select {
				case <-c:
				case c <- 1:
				}
			},
			"select of no cases":    func() { select {} },
			"beside a sync.Mutex":   func() { var m sync.Mutex; m.Lock(); Go(m.Lock); select {} },
			"beside a sync.Cond":    func() { var m sync.Mutex; m.Lock(); Go(sync.NewCond(&m).Wait); select {} },
			"beside both a channel": func() { Go(func() { new(Event).Wait() }); select {} },
		})
		maps.Copy(notDeadlocked, map[string]func(){
			"time.After": func() { <-time.After(10 * time.Duration(sched.IdleLook)) },
			"a channel, AfterFunc": func() {
				c := make(chan int)
				time.AfterFunc(10*time.Duration(sched.IdleLook), func() { close(c) })
				<-c
			},
			"a channel, goroutine": func() {
				c := make(chan int)
				go func() { time.Sleep(10 * time.Duration(sched.IdleLook)); c <- 1 }()
				<-c
			},
		})
	}
}

// deadlocks prints how each Run has ended.
func deadlocks() {
	sched.IdleLook = int64(5 * time.Millisecond)
	for name, wait := range notDeadlocked {
		fmt.Printf("%s: %v\n", name, Run(wait))
	}
	for name, wait := range deadlocked {
		cleaned := false
		err := Run(func() {
			defer func() { cleaned = true }()
			wait()
		})
		var d *DeadlockError
		fmt.Printf("%s: %v, with a list of tasks %v, deferred calls %v\n", name, errors.Is(err, ErrDeadlock), errors.As(err, &d) && strings.HasPrefix(d.Dump, "main, deadlock_test.go:") && strings.Contains(d.Dump, ": waiting for "), cleaned)
	}
}

// A Run whose tasks all wait, and which nothing outside can end, ends with an error.
func TestRun_deadlock(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("it is not known in the portable backend whether timers are armed")
	}
	args := []string{os.Args[0]}
	if path := emulator(); path != "" {
		args = append([]string{path}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	needNil(t, cmd.Start())
	timeout := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timeout.Stop()
	needNil(t, cmd.Wait())
	for name := range notDeadlocked {
		if !strings.Contains(out.String(), name+": <nil>\n") {
			t.Errorf("%s is missing", name)
		}
	}
	for name := range deadlocked {
		if !strings.Contains(out.String(), name+": true, with a list of tasks true, deferred calls true\n") {
			t.Errorf("%s is missing", name)
		}
	}
	if t.Failed() {
		t.Logf("%s", &out)
	}
}

// emulator returns the path of the user-mode emulator that runs this process, "" if there is none,
// as in package process of the tests.
func emulator() string {
	self, err1 := os.Readlink("/proc/self/exe")
	thread, err2 := os.Readlink("/proc/thread-self/exe")
	if err1 != nil || err2 != nil || self == thread {
		return ""
	}
	return thread
}

//go:build linux && !poller_std

package poller

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand"
	randv2 "math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	_ "unsafe" // for linkname

	"github.com/stackful-go/stackful"
)

// ordinary is ordinary Go code that uses all that a simulation decides, and returns what it has seen.
func ordinary() string {
	var b strings.Builder
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&b, format+"\n", args...)
	}
	say("begins at %v", time.Now().UTC())
	var wg sync.WaitGroup
	work := make(chan int)
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for v := range work {
				time.Sleep(time.Duration(mathrand.Intn(50)) * time.Millisecond)
				say("worker %d: %d at %v, %d", i, v, time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), randv2.IntN(1000))
			}
		}()
	}
	for i := range 12 {
		work <- i
	}
	close(work)
	wg.Wait()

	m := map[string]int{}
	for i := range 40 {
		m[fmt.Sprint("key ", i)] = i
	}
	for k := range m {
		say("%s", k)
	}
	ready := make([]chan int, 5)
	for i := range ready {
		ready[i] = make(chan int, 1)
		ready[i] <- i
	}
	for range 5 {
		select {
		case v := <-ready[0]:
			say("case %d", v)
		case v := <-ready[1]:
			say("case %d", v)
		case v := <-ready[2]:
			say("case %d", v)
		case v := <-ready[3]:
			say("case %d", v)
		case v := <-ready[4]:
			say("case %d", v)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	done := make(chan bool)
	time.AfterFunc(30*time.Minute, func() { say("after half an hour: %v", ctx.Err()); close(done) })
	tick := time.NewTicker(7 * time.Minute)
	for running := true; running; {
		select {
		case at := <-tick.C:
			say("tick at %v", at.UTC())
		case <-ctx.Done():
			running = false
		}
	}
	tick.Stop()
	<-done
	say("ends at %v: %v", time.Now().UTC(), ctx.Err())
	pool := sync.Pool{New: func() any { return randv2.IntN(1000) }}
	for range 20 {
		v := pool.Get()
		say("pool: %d", v)
		text, _ := json.Marshal(m) // its pool's New makes a map
		runtime.KeepAlive(text)
		pool.Put(v)
	}
	random := make([]byte, 8)
	rand.Read(random)
	say("%x, %d processors", random, runtime.GOMAXPROCS(0))
	return b.String()
}

func simulateOrdinary(t *testing.T, seed uint64) (string, uint64) {
	t.Helper()
	var seen string
	var hash uint64
	err := Simulate(seed, func(s *Sim) {
		seen = ordinary()
		hash = s.Hash()
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return seen, hash
}

// The same seed gives the same course of events, whatever the processors and the collector do.
func TestPatchedSim(t *testing.T) {
	needPatched(t)
	seeds := uint64(1000)
	if testing.Short() {
		seeds = 100
	}
	type course struct {
		seen string
		hash uint64
	}
	first := make([]course, seeds)
	simulateOrdinary(t, 0) // what is made once, such as the caches of encoding/json
	all := map[string]bool{}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	stop, stopped := make(chan bool), make(chan bool)
	for round := range 3 {
		if round == 2 { // the collector at any point
			runtime.GOMAXPROCS(2)
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					default:
						runtime.GC()
					}
				}
			}()
		}
		for seed := range seeds {
			seen, hash := simulateOrdinary(t, seed)
			if c := (course{seen, hash}); round == 0 {
				first[seed] = c
				all[seen] = true
			} else if c != first[seed] {
				t.Fatalf("seed %d differs in round %d: hashes %x and %x\n%s\n--- and ---\n%s", seed, round, first[seed].hash, hash, first[seed].seen, seen)
			}
		}
	}
	close(stop)
	<-stopped
	if len(all) != int(seeds) {
		t.Errorf("%d seeds gave %d courses of events", seeds, len(all))
	}
	one, _ := simulateOrdinary(t, 1)
	for _, want := range []string{"begins at 2000-01-01 00:00:00.000000001 +0000 UTC", "after half an hour: <nil>", "tick at 2000-01-01 00:5", "4 processors", "context deadline exceeded"} {
		if !strings.Contains(one, want) {
			t.Errorf("%q is not in\n%s", want, one)
		}
	}
}

func TestPatchedSim_ends(t *testing.T) {
	needPatched(t)
	var dead *DeadlockError
	if err := Simulate(1, func(*Sim) { <-make(chan int) }); !errors.As(err, &dead) {
		t.Errorf("a deadlock gave %v", err)
	}
	if err := Simulate(1, func(s *Sim) {
		s.SetMaxSwitches(1000)
		for {
			runtime.Gosched()
			time.Sleep(time.Nanosecond)
		}
	}); !errors.Is(err, ErrEndless) {
		t.Errorf("an endless loop gave %v", err)
	}
	var refused error
	if err := Simulate(1, func(s *Sim) {
		_, _, refused = os.Pipe()
		begin := time.Now()
		for time.Since(begin) < 2*time.Second { // must end
		}
		passed := time.Now()
		time.Sleep(time.Microsecond)
		if time.Now().Before(passed) {
			t.Error("the clock has gone back")
		}
	}); err != nil || !errors.Is(refused, ErrSimulated) || !strings.Contains(refused.Error(), "TestPatchedSim_ends") {
		t.Errorf("Simulate: %v; os.Pipe: %v", err, refused)
	}
}

func TestPatchedSim_allow(t *testing.T) {
	needPatched(t)
	needNil(t, Simulate(1, func(s *Sim) {
		if CurrentSim() != s {
			t.Error("CurrentSim is another one")
		}
		s.Allow("os.Pipe", "os.StartProcess")
		r, w, err := os.Pipe()
		needNil(t, err)
		go func() {
			time.Sleep(time.Hour)
			w.WriteString("later")
			w.Close()
		}()
		time.Sleep(2 * time.Hour)
		text, err := io.ReadAll(r)
		if string(text) != "later" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		// The system's deadlines are of real time, for which the simulation waits: also those of descriptors whose
		// entries in the runtime's poller it is the first to have.
		r.Close()
		for range 100 {
			r, w, err = os.Pipe()
			needNil(t, err)
			defer r.Close()
			defer w.Close()
		}
		needNil(t, r.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		out, err := exec.Command("echo", "hello").Output()
		if string(out) != "hello\n" || err != nil {
			t.Errorf("%q %v", out, err)
		}
	}))
}

// Goroutines that wait when main returns end the simulation neither with an error nor with a delay. Those in package sync
// stay, so the test is a process of its own.
func TestPatchedSim_left(t *testing.T) {
	needPatched(t)
	if os.Getenv("POLLER_TEST_LEFT") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPatchedSim_left$")
		cmd.Env = append(os.Environ(), "POLLER_TEST_LEFT=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for seed := range uint64(20) {
		ended := 0
		err := Simulate(seed, func(*Sim) {
			var mu sync.Mutex
			mu.Lock()
			go mu.Lock()
			go func() { var wg sync.WaitGroup; wg.Add(1); wg.Wait() }()
			go func() { defer func() { ended++ }(); select {} }()
			go func() { defer func() { ended++ }(); <-time.After(time.Hour) }()
			time.Sleep(time.Second)
		})
		if err != nil || ended != 2 {
			fmt.Println(err, ended, "deferred calls have run of 2")
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// What a simulation has used is free when it has ended.
func TestPatchedSim_memory(t *testing.T) {
	needPatched(t)
	used := func(seeds int) (bytes uint64, goroutines int) {
		for seed := range seeds {
			simulateOrdinary(t, uint64(seed))
		}
		stackful.Shutdown() // how many free stacks are kept depends on when the collector has run
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()
	}
	before, goroutines := used(50)
	after, more := used(1000)
	if after > before+before/4+1<<20 || more > goroutines+10 {
		t.Errorf("%d bytes and %d goroutines after 50 simulations, %d and %d after 1000 more", before, goroutines, after, more)
	}
	t.Logf("%d bytes and %d goroutines after 50 simulations, %d and %d after 1000 more", before, goroutines, after, more)
}

// What a task's end ends starts tasks, and no goroutines.
func TestPatchedSim_taskContext(t *testing.T) {
	needPatched(t)
	inTask := false
	needNil(t, Simulate(1, func(s *Sim) {
		task := Go(func() { time.Sleep(time.Second) })
		context.AfterFunc(task.Context(), func() { inTask = CurrentSim() == s })
		time.Sleep(time.Minute)
	}))
	if !inTask {
		t.Error("the function of context.AfterFunc did not run as a task")
	}
}

var registered = map[string]int{} // in a map that was made before the simulation

func init() {
	for i := range 100 {
		registered[fmt.Sprint("name ", i)] = i
	}
}

// isSim is that of package poller/patch/sim.
//
//go:linkname isSim runtime.stackfulIsSim
var isSim = true

// drawnInInit is what functions of init may use for all of the process.
var drawnInInit = rand.Text() + fmt.Sprint(randv2.Uint64())

// With STACKFUL_SIM a process does the same as another one.
func TestPatchedSim_processes(t *testing.T) {
	needPatched(t)
	if os.Getenv("STACKFUL_SIM") != "" {
		seen, hash := simulateOrdinary(t, 7)
		order := ""
		Simulate(7, func(*Sim) {
			for name := range registered {
				order += name + "\n"
			}
		})
		fmt.Printf("%x\n%s\n%s%s", hash, seen, order, drawnInInit)
		os.Exit(0)
	}
	once := func() string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPatchedSim_processes$")
		cmd.Env = append(os.Environ(), "STACKFUL_SIM=test")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	first := once()
	for range 4 { // two may be alike by chance
		if again := once(); again != first {
			t.Fatalf("one process gives\n%s\nand another one\n%s", first, again)
		}
	}
}

// A wake-up by a goroutine that is outside of the simulation ends it.
func TestPatchedSim_outside(t *testing.T) {
	needPatched(t)
	if err := Simulate(1, func(*Sim) {
		done := make(chan bool)
		go func() {
			time.Sleep(time.Second)
			outside(func() { close(done) })
			time.Sleep(time.Second)
		}()
		<-done
		time.Sleep(time.Hour)
	}); !errors.Is(err, ErrSimulated) {
		t.Error(err)
	}
}

// The locks of package sync do not depend on real time.
func TestPatchedSim_mutex(t *testing.T) {
	needPatched(t)
	contend := func(seed uint64) (hash uint64) {
		needNil(t, Simulate(seed, func(s *Sim) {
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 8 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for range 200 {
						mu.Lock()
						time.Sleep(time.Microsecond)
						mu.Unlock()
					}
				}()
			}
			wg.Wait()
			hash = s.Hash()
		}))
		return hash
	}
	for seed := range uint64(10) {
		if a, b := contend(seed), contend(seed); a != b {
			t.Fatalf("seed %d: %x and %x", seed, a, b)
		}
	}
}

// What Dump says in a simulation has no address: a seed has the same log in each process.
func TestPatchedSim_dump(t *testing.T) {
	needPatched(t)
	needNil(t, Simulate(1, func(*Sim) {
		var mu sync.Mutex
		mu.Lock()
		waits := Go(func() { mu.Lock() })
		Sleep(time.Second)
		dump := Dump()
		mu.Unlock()
		waits.Join()
		if !strings.Contains(dump, "waiting for sync.Mutex.Lock") || strings.Contains(dump, "Lock 0x") {
			t.Errorf("it says\n%s", dump)
		}
	}))
}

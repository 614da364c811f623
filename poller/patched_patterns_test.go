//go:build linux && !poller_std

package poller

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Everyday code that would stop its goroutine, with all its tasks, in an unpatched program.

// fetch is a call that waits for an answer of another task.
func fetch(c net.Conn) string {
	io.WriteString(c, "x")
	b := make([]byte, 1)
	io.ReadFull(c, b)
	return string(b)
}

// echoed returns a connection whose other end is a task's that echoes.
func echoed(t *testing.T) net.Conn {
	c1, c2 := stdPair(t)
	Go(func() { echo(c2) })
	return c1
}

func TestPatched_channelOfTasks(t *testing.T) {
	for _, capacity := range []int{0, 1, 7} {
		inPatched(t, func() {
			mustEnd(t)
			c, sum := make(chan int, capacity), 0
			JoinAll(
				Go(func() {
					for i := range 100 {
						c <- i
					}
					close(c)
				}),
				Go(func() {
					for v := range c {
						sum += v
					}
				}))
			if sum != 4950 {
				t.Errorf("the sum is %d", sum)
			}
		})
	}
}

func TestPatched_waitGroupOfTasks(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		var wg sync.WaitGroup
		done := 0
		for range 10 {
			wg.Add(1)
			Go(func() { defer wg.Done(); time.Sleep(time.Millisecond); done++ })
		}
		wg.Wait()
		if done != 10 {
			t.Errorf("%d are done", done)
		}
	})
}

// A lock that is held while its holder waits.
func TestPatched_lockOverFetch(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		c := echoed(t)
		defer c.Close()
		var mu sync.Mutex
		inside, most, done := 0, 0, 0
		var all []*Task
		for range 10 {
			all = append(all, Go(func() {
				mu.Lock()
				defer mu.Unlock()
				inside++
				most = max(most, inside)
				fetch(c)
				inside--
				done++
			}))
		}
		needNil(t, JoinAll(all...))
		if most != 1 || done != 10 {
			t.Errorf("%d in the lock at once, %d are done", most, done)
		}

		var rw sync.RWMutex
		order := ""
		JoinAll(
			Go(func() { rw.RLock(); time.Sleep(time.Millisecond); order += "r"; rw.RUnlock() }),
			Go(func() { rw.Lock(); order += "w"; rw.Unlock() }))
		if order != "rw" {
			t.Errorf("order %q", order)
		}
	})
}

func TestPatched_onceValues(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		c := echoed(t)
		defer c.Close()
		calls := 0
		get := sync.OnceValues(func() (string, error) { calls++; return fetch(c), nil })
		var all []*Task
		for range 10 {
			all = append(all, Go(func() {
				if got, err := get(); got != "x" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			}))
		}
		needNil(t, JoinAll(all...))
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

func TestPatched_pipes(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		pr, pw := io.Pipe()
		c1, c2 := net.Pipe()
		osr, osw, err := os.Pipe()
		needNil(t, err)
		for name, pipe := range map[string]struct {
			r io.Reader
			w io.WriteCloser
		}{"io.Pipe": {pr, pw}, "net.Pipe": {c1, c2}, "os.Pipe": {osr, osw}} {
			text := strings.Repeat("0123456789", 20000)
			Go(func() {
				for s := text; s != ""; s = s[1000:] {
					io.WriteString(pipe.w, s[:1000])
				}
				pipe.w.Close()
			})
			got := ""
			needNil(t, Go(func() { b, _ := io.ReadAll(pipe.r); got = string(b) }).Join())
			if got != text {
				t.Errorf("%s: %d bytes", name, len(got))
			}
		}
		osr.Close()
		c1.Close()
	})
}

func TestPatched_logToFullPipe(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		r, w, err := os.Pipe()
		needNil(t, err)
		const tasks, lines = 4, 20
		logger := log.New(w, "", 0)
		text := strings.Repeat("x", 10000) // all are more than the pipe holds
		var all []*Task
		for range tasks {
			all = append(all, Go(func() {
				for range lines {
					logger.Print(text)
				}
			}))
		}
		untilInRuntime(tasks)
		n := 0
		in := bufio.NewReader(r)
		for range tasks * lines {
			line, err := in.ReadString('\n')
			needNil(t, err)
			if strings.TrimSpace(line) == text {
				n++
			}
		}
		needNil(t, JoinAll(all...))
		if n != tasks*lines {
			t.Errorf("%d whole lines", n)
		}
		w.Close()
		r.Close()
	})
}

func TestPatched_timers(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		ticks := 0
		tick := Go(func() {
			for ticker := time.NewTicker(time.Millisecond); ; ticks++ {
				<-ticker.C
			}
		})
		c := make(chan int)
		for range 3 {
			select {
			case <-c:
				t.Error("received")
			case <-time.After(2 * time.Millisecond):
			}
		}
		<-time.NewTimer(2 * time.Millisecond).C
		fired := make(chan bool)
		time.AfterFunc(time.Millisecond, func() { fired <- true })
		<-fired
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		defer cancel()
		<-ctx.Done()
		if ctx.Err() != context.DeadlineExceeded {
			t.Error(ctx.Err())
		}
		for ticks < 5 {
			time.Sleep(time.Millisecond)
		}
		tick.Kill()
	})
}

// The child is gone, but a process that it has started keeps the pipe open.
func TestPatched_grandchild(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		r, w, err := os.Pipe()
		needNil(t, err)
		defer r.Close()
		var out bytes.Buffer
		cmd := exec.Command("sh", "-c", "exec 3<&0; (cat <&3; echo grand) & echo child")
		cmd.Stdin, cmd.Stdout = r, &out
		cmd.WaitDelay = time.Minute
		ticks := 0
		tick := Go(func() {
			for ; ; ticks++ {
				time.Sleep(time.Millisecond)
			}
		})
		needNil(t, cmd.Start())
		wait := Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		for seen := ticks; ticks < seen+5; {
			time.Sleep(time.Millisecond)
		}
		w.Close()
		needNil(t, wait.Join())
		tick.Kill()
		if got := out.String(); !strings.Contains(got, "child") || !strings.Contains(got, "grand") {
			t.Errorf("got %q", got)
		}
	})
}

// sync.Map and sync.Pool are used by tasks and goroutines at once.
func TestPatched_mapAndPool(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		var m sync.Map
		pool := sync.Pool{New: func() any { return new(int) }}
		work := func() {
			for i := range 300 {
				p := pool.Get().(*int)
				v, _ := m.LoadOrStore(i%7, new(sync.Mutex))
				mu := v.(*sync.Mutex)
				mu.Lock()
				*p = i
				if i%50 == 0 {
					time.Sleep(time.Microsecond)
				}
				if *p != i {
					t.Error("two users of one object")
				}
				mu.Unlock()
				pool.Put(p)
				if i%31 == 0 {
					m.Range(func(k, _ any) bool { m.CompareAndDelete(k, nil); return true })
				}
			}
		}
		var goroutines sync.WaitGroup
		for range 3 {
			goroutines.Go(work)
		}
		var all []*Task
		for range 10 {
			all = append(all, Go(work))
		}
		needNil(t, JoinAll(all...))
		goroutines.Wait()
	})
}

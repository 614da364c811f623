//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// serve is the echo server. It says where it listens, and how much processor time
// the process has used whenever it is asked for.
func serve(listen func(network, addr string) (net.Listener, error), start func(func())) {
	l, err := listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(l.Addr())
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			fmt.Println(int64(cpuTime()))
		}
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		check(err)
		start(func() {
			defer c.Close()
			b := make([]byte, 1024)
			for {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				if _, err := c.Write(b[:n]); err != nil {
					return
				}
			}
		})
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// An echoCondition is where a server is measured.
type echoCondition struct {
	procs int
	busy  bool // beside a process that computes; otherwise the server has a processor of its own
}

// An echoResult is a server's processor time for a request and the 99th percentile of what a request takes, in ns, and the requests
// in a second.
type echoResult struct{ cpu, p99, rate float64 }

// echoFigures are those of one condition, by server.
type echoFigures struct{ cpu, p99, rate figures }

// compareEcho prints what the servers take, and returns the figures of GOMAXPROCS=1.
func compareEcho(self, patched string, clients, rounds int, d time.Duration) (first echoFigures) {
	servers := []struct{ name, file, role string }{
		{"std, goroutines", self, "goroutines"},
		{"patched std, tasks", patched, "tasks"},
		{"patched std, goroutines", patched, "goroutines"},
		{"poller's own, tasks", self, "poller"},
	}
	for i, c := range []echoCondition{{1, false}, {1, true}, {2, true}} {
		var got echoFigures
		for round := range rounds {
			for i := range servers {
				s := servers[(i+round)%len(servers)]
				r := c.measure(s.file, s.role, self, clients, d)
				got.cpu.add(s.name, r.cpu)
				got.p99.add(s.name, r.p99)
				got.rate.add(s.name, r.rate)
			}
		}
		where := "on a processor of its own"
		if c.busy {
			where = "beside a process that computes"
		}
		fmt.Printf("\necho, %d connections, 64 bytes, GOMAXPROCS=%d, %s\n", clients, c.procs, where)
		base := servers[0].name
		for _, s := range servers {
			fmt.Printf("%-26s %8.2f us of CPU a request (%.2f of the first), p99 %7.2f ms (%.2f), %9.0f requests/s\n", s.name,
				got.cpu.median(s.name)/1e3, got.cpu.ratio(s.name, base),
				got.p99.median(s.name)/1e6, got.p99.ratio(s.name, base), got.rate.median(s.name))
		}
		if i == 0 {
			first = got
		}
	}
	return first
}

// measure measures the server that file is with role.
func (c echoCondition) measure(file, role, self string, clients int, d time.Duration) echoResult {
	cmd := exec.Command(file, "-child", role)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", c.procs))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	check(err)
	stdout, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	if c.busy {
		busy := exec.Command(self, "-child", "busy")
		busy.Env = append(os.Environ(), "GOMAXPROCS=1")
		check(busy.Start())
		defer busy.Wait()
		defer busy.Process.Kill()
	} else if n := runtime.NumCPU(); n > 1 { // the clients take turns with the server as they like otherwise
		pin(cmd.Process.Pid, n-1)
		pin(os.Getpid(), 0)
		defer pin(os.Getpid(), -1)
	}
	out := bufio.NewScanner(stdout)
	ask := func() float64 {
		fmt.Fprintln(in)
		out.Scan()
		v, err := strconv.ParseFloat(out.Text(), 64)
		check(err)
		return v
	}
	out.Scan()
	addr := out.Text()
	conns := make([]net.Conn, clients)
	for i := range conns {
		conns[i], err = net.Dial("tcp", addr)
		check(err)
	}
	drive(conns, d/4)
	before, start := ask(), time.Now()
	times := drive(conns, d)
	took := time.Since(start)
	used := ask() - before
	for _, c := range conns {
		c.Close()
	}
	in.Close()
	cmd.Wait()
	n := float64(len(times))
	return echoResult{used / n, float64(times[len(times)*99/100]), n / took.Seconds()}
}

// pin has all threads of a process run on one processor, or on all if that is -1. What they start inherits it.
func pin(pid, cpu int) {
	var set unix.CPUSet
	for i := range runtime.NumCPU() {
		if cpu < 0 || i == cpu {
			set.Set(i)
		}
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	check(err)
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		check(err)
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH { // the thread has ended
			fail(err)
		}
	}
}

// drive makes requests on all connections for d, one at a time on each, and returns
// how long each took, in ns, the shortest first.
func drive(conns []net.Conn, d time.Duration) (times []int64) {
	start := time.Now()
	each := make([][]int64, len(conns))
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			b := make([]byte, 64)
			for at := time.Since(start); at < d; {
				if _, err := c.Write(b); err != nil {
					fail(err)
				}
				if _, err := io.ReadFull(c, b); err != nil {
					fail(err)
				}
				done := time.Since(start)
				each[i] = append(each[i], int64(done-at))
				at = done
			}
		})
	}
	all.Wait()
	times = slices.Concat(each...)
	slices.Sort(times)
	return times
}

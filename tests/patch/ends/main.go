//go:build unix

// Command ends is an ordinary program that ends in the way that its argument names. The test compares
// what `go build` and `stackful build -tasks` make of it.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// begun is for a goroutine that has been started before main.
var begun = make(chan bool)

func init() {
	go func() { begun <- true }()
}

func main() {
	<-begun
	ends[os.Args[1]]()
}

var ends = map[string]func(){
	"return": func() {
		go func() { defer fmt.Println("unreachable"); select {} }()
		runtime.Gosched()
	},
	"exit": func() { go os.Exit(3); select {} },
	"log.Fatal": func() {
		log.SetFlags(0)
		go log.Fatal("fatal")
		time.Sleep(time.Hour)
	},
	"panic in main":        func() { panic(fmt.Errorf("boom")) },
	"panic":                func() { go panics(); select {} },
	"fault":                func() { go func() { var p *int; *p = 1 }(); select {} },
	"panic after recovery": func() { go func() { defer func() { recover(); panic("again") }(); panic("boom") }(); select {} },
	"panic in Goexit":      func() { go func() { defer panics(); runtime.Goexit() }(); select {} },
	"Goexit": func() {
		var wg sync.WaitGroup
		wg.Go(func() { defer fmt.Println("deferred"); runtime.Goexit() })
		wg.Wait()
	},
	"Goexit in main": func() {
		go func() { time.Sleep(10 * time.Millisecond); fmt.Println("last"); os.Exit(4) }()
		runtime.Goexit()
	},
	"deadlock": func() {
		var mu sync.Mutex
		mu.Lock()
		go mu.Lock()
		<-make(chan int)
	},
	"deadlock in main":     func() { time.Sleep(time.Millisecond); select {} },
	"deadlock with begun":  func() { go func() { begun <- true }(); select {} },
	"a timer, no deadlock": func() { c := make(chan int); time.AfterFunc(1500*time.Millisecond, func() { close(c) }); <-c },
	"spin": func() {
		done := false
		go func() { done = true }()
		for !done {
			runtime.Gosched()
		}
	},
	"spin, calling nothing": func() {
		var done atomic.Bool
		go func() { done.Store(true) }()
		for !done.Load() {
		}
	},
	"signal": func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		go syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		fmt.Println(<-c)
	},
	"killed": func() { go syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} },
	"quit": func() {
		go func() { time.Sleep(time.Millisecond); quit(); select {} }()
		receives(make(chan int))
	},
	"quit, computing": func() {
		go receives(make(chan int))
		go func() {
			quit()
			for never := new(atomic.Bool); !never.Load(); {
			}
		}()
		select {}
	},
	"quit, in a system call": func() {
		var p [2]int
		fmt.Println(syscall.Pipe(p[:]))
		time.AfterFunc(20*time.Millisecond, quit)
		reads(p[0])
	},
	"quit, of no task": func() { go receives(make(chan int)); quit(); time.Sleep(time.Hour) },
	"quit, asleep": func() { // all threads of the runtime, too
		go receives(make(chan int))
		exec.Command("sh", "-c", "sleep 0.3; kill -QUIT $PPID").Start()
		time.Sleep(time.Hour)
	},
	"SIGQUIT is handled": func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGQUIT)
		go quit()
		fmt.Println(<-c)
	},
	"SIGQUIT is ignored": func() {
		signal.Ignore(syscall.SIGQUIT)
		go quit()
		time.Sleep(50 * time.Millisecond)
	},
	"profile": func() {
		f, err := os.CreateTemp("", "ends")
		if err != nil {
			panic(err)
		}
		defer os.Remove(f.Name())
		pprof.StartCPUProfile(f)
		time.Sleep(150 * time.Millisecond)
		pprof.StopCPUProfile()
		info, err := f.Stat()
		fmt.Println(err, info.Size() > 0)
	},
	"thread": func() { runtime.LockOSThread(); c := make(chan int); go func() { c <- 1 }(); fmt.Println(<-c) },
}

func panics() { panic("boom") }

func quit() { syscall.Kill(os.Getpid(), syscall.SIGQUIT) }

func receives(c chan int) { <-c }

func reads(fd int) {
	var p [1]byte
	syscall.Read(fd, p[:])
}

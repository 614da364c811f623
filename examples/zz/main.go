package main

import (
	"fmt"
	"net"
	"io"
	"os/exec"
	"sync"
	"time"
	"iter"
	"runtime"
	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

func main() {
	fmt.Println(patch.Require())
	err := poller.Run(func() {
		c := make(chan int)
		poller.Go(func() { for i := range 5 { c <- i }; close(c) })
		for v := range c { fmt.Println(v, runtime.NumGoroutine()) }
		var mu sync.Mutex
		var wg sync.WaitGroup
		n := 0
		for range 10 { wg.Add(1); poller.Go(func() { defer wg.Done(); mu.Lock(); time.Sleep(time.Millisecond); n++; mu.Unlock() }) }
		wg.Wait()
		fmt.Println(n)
		select { case <-time.After(10*time.Millisecond): fmt.Println("after") }
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil { panic(err) }
		poller.Go(func() { for { k, err := l.Accept(); if err != nil { return }; poller.Go(func() { io.Copy(k, k); k.Close() }) } })
		k, err := net.Dial("tcp", l.Addr().String())
		if err != nil { panic(err) }
		fmt.Fprintf(k, "hello\n")
		b := make([]byte, 6)
		io.ReadFull(k, b)
		fmt.Printf("%s", b)
		l.Close()
		out, err := exec.Command("sleep", "0.1").CombinedOutput()
		fmt.Println(string(out), err)
		next, stop := iter.Pull(func(yield func(int) bool) { for i := range 3 { time.Sleep(time.Millisecond); if !yield(i) { return } } })
		for { v, ok := next(); if !ok { break }; fmt.Println("pull", v) }
		stop()
		t := poller.Go(func() { defer fmt.Println("killed"); <-make(chan int) })
		poller.Yield()
		t.Kill()
		fmt.Println(t.Err())
		err = poller.WithTimeout(5*time.Millisecond, func() error { select { case <-c: <-make(chan int); case <-make(chan int) : }; return nil })
		fmt.Println(err)
		k.Close()
	})
	fmt.Println(err)
}

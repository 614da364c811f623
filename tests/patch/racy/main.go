// Command racy is a program for `stackful build -race`: a task and a goroutine write to one
// variable, with -ordered one after the other, by a channel, and otherwise without any order.
package main

import (
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

var shared int

//go:noinline
func writeInTask() { shared = 2 }

//go:noinline
func writeInGoroutine() { shared = 1 }

func main() {
	ordered := flag.Bool("ordered", false, "have the task wait for the goroutine")
	flag.Parse()
	if err := patch.Require(); err != nil {
		log.Fatal(err)
	}
	err := poller.Run(func() {
		c, other := make(chan int), make(chan int)
		go func() { writeInGoroutine(); c <- 1 }()
		go func() { time.Sleep(time.Millisecond); other <- 1 }()
		poller.Go(func() {
			if *ordered {
				<-c
			}
			<-other // says nothing of the first goroutine
			writeInTask()
			if !*ordered {
				<-c
			}
		}).Join()
	})
	fmt.Println("end:", err, shared)
}

// Command demo is a program for `stackful run`: tasks that call time.Sleep as any
// program does, then a server and its clients that know of package net only.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

func main() {
	unit := flag.Duration("unit", time.Second, "what stands for a second")
	clients := flag.Int("clients", 500, "`number` of clients")
	flag.Parse()
	if err := patch.Require(); err != nil {
		log.Fatal(err)
	}
	if err := poller.Run(func() { naps(*unit); echoes(*clients) }); err != nil {
		log.Fatal(err)
	}
}

func naps(unit time.Duration) {
	start := time.Now()
	poller.JoinAll(
		poller.Go(func() { fmt.Println("alex is eat1"); time.Sleep(7 * unit); fmt.Println("alex is eat2") }),
		poller.Go(func() { fmt.Println("alex is play1"); poller.Sleep(4 * unit); fmt.Println("alex is play2") }),
		poller.Go(func() { fmt.Println("alex is task1"); poller.Sleep(1 * unit); fmt.Println("alex is task2") }),
	)
	fmt.Println(int(time.Since(start)/unit), "units")
}

func echoes(clients int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	poller.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			poller.Go(func() { upper(c) })
		}
	})
	served := 0
	var all []*poller.Task
	for i := range clients {
		all = append(all, poller.Go(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				log.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "hello from %04d", i)
			reply := make([]byte, len("hello from 0000"))
			if _, err := io.ReadFull(c, reply); err != nil || string(reply) != fmt.Sprintf("HELLO FROM %04d", i) {
				log.Fatal(string(reply), err)
			}
			served++
		}))
	}
	poller.JoinAll(all...)
	fmt.Println(served, "clients served")
}

func upper(c net.Conn) {
	defer c.Close()
	b := make([]byte, 64)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := c.Write(bytes.ToUpper(b[:n])); err != nil {
			return
		}
	}
}

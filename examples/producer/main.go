// Producer compares two ways to join a producer and a consumer: in series, where
// the consumer starts when the producer has made everything; and in turns, where
// each item is consumed as soon as it is made, by yield and send.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/coro"
)

// serial makes all items, then consumes them.
func serial(n int) (sum int) {
	var items []int
	for i := range n {
		items = append(items, i)
	}
	for _, item := range items {
		sum += item
	}
	return sum
}

// turns sends each item to a consumer that waits for it in its yield.
func turns(n int) (sum int) {
	consumer := coro.NewGenerator(func(item int, yield func(int) int) {
		for total := 0; ; {
			total += item
			item = yield(total)
		}
	})
	defer consumer.Close()
	for i := range n {
		sum, _ = consumer.Send(i)
	}
	return sum
}

// channels does what turns does with two goroutines.
func channels(n int) (sum int) {
	items, sums := make(chan int), make(chan int)
	go func() {
		total := 0
		for item := range items {
			total += item
			sums <- total
		}
	}()
	defer close(items)
	for i := range n {
		items <- i
		sum = <-sums
	}
	return sum
}

func main() {
	n := flag.Int("n", 1_000_000, "number of items")
	flag.Parse()
	fmt.Printf("%-22s %12s %10s %12s %16s\n", "", "time", "per item", "memory", "sum")
	for _, way := range []struct {
		name string
		run  func(n int) int
	}{
		{"in series", serial},
		{"yield and send", turns},
		{"goroutine and channel", channels},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		sum := way.run(*n)
		d := time.Since(start)
		runtime.ReadMemStats(&after)
		fmt.Printf("%-22s %12v %8.1fns %9.1f KiB %16d\n", way.name, d.Round(time.Microsecond),
			float64(d.Nanoseconds())/float64(*n), float64(after.TotalAlloc-before.TotalAlloc)/1024, sum)
	}
}

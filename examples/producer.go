package examples

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/coro"
)

// Serial makes n items, then consumes them.
func Serial(n int) (sum int) {
	var items []int
	for i := range n {
		items = append(items, i)
	}
	for _, item := range items {
		sum += item
	}
	return sum
}

// Turns sends each item, as soon as it is made, to a consumer that waits for it
// in its yield.
func Turns(n int) (sum int) {
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

// Channels does what Turns does with two goroutines.
func Channels(n int) (sum int) {
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

// ProduceAndConsume runs the three with n items and prints their times side by
// side. It returns an error if they do not come to the same sum.
func ProduceAndConsume(w io.Writer, n int) error {
	ways := []struct {
		name string
		run  func(n int) int
	}{
		{"in series", Serial},
		{"yield and send", Turns},
		{"goroutine and channel", Channels},
	}
	fmt.Fprintf(w, "%-22s %12s %12s %16s %16s\n", "", "time", "per item", "memory", "sum")
	var first int
	for i, way := range ways {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		sum := way.run(n)
		d := time.Since(start)
		runtime.ReadMemStats(&after)
		fmt.Fprintf(w, "%-22s %12v %10.1fns %12.1f KiB %16d\n", way.name, d.Round(time.Microsecond),
			float64(d.Nanoseconds())/float64(n), float64(after.TotalAlloc-before.TotalAlloc)/1024, sum)
		if i == 0 {
			first = sum
		}
		if sum != first {
			return fmt.Errorf("%s: the sum is %d, not %d", way.name, sum, first)
		}
	}
	return nil
}

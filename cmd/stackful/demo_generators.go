package main

import (
	"fmt"
	"io"
	"time"

	"github.com/stackful-go/stackful/coro"
)

var demoGenerators = demo{
	name:  "generators",
	about: "a producer sends each value to a consumer at once, or makes all first",
	run:   func(w io.Writer) error { return produceAndConsume(w, 10_000_000) },
	python: `
import time

def consumer(values):
    total = 0
    for x in values:
        total += x
    return total

def producer():
    values = []
    for i in range(10000000):
        values.append(i)
    return values

start = time.time()
print('serial:', consumer(producer()), time.time() - start, 's')

def consumer():
    total = 0
    while True:
        x = yield total
        total += x

def producer():
    g = consumer()
    next(g)
    for i in range(10000000):
        total = g.send(i)
    return total

start = time.time()
print('yield, send:', producer(), time.time() - start, 's')
`,
}

func produceAndConsume(w io.Writer, n int) error {
	start := time.Now()
	var values []int
	for i := range n {
		values = append(values, i)
	}
	serial := 0
	for _, x := range values {
		serial += x
	}
	fmt.Fprintf(w, "serial:       %d in %v, %d values in memory\n", serial, time.Since(start).Round(time.Microsecond), len(values))

	start = time.Now()
	consumer := coro.NewGenerator(func(x int, yield func(int) int) {
		for total := x; ; {
			total += yield(total)
		}
	})
	defer consumer.Close()
	sent := 0
	for i := range n {
		sent, _ = consumer.Send(i)
	}
	took := time.Since(start)
	fmt.Fprintf(w, "yield, send:  %d in %v, one value in memory, %s a value\n", sent, took.Round(time.Microsecond), duration(float64(took)/float64(n)))
	if sent != serial {
		return fmt.Errorf("the sums differ")
	}
	return nil
}

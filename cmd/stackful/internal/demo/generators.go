package demo

import (
	"io"

	"github.com/stackful-go/stackful/examples"
)

// demoGenerators stands for a comparison that introductions to yield and send make: it prints
// times, so that the two do not print the same.
var demoGenerators = demo{
	name:  "generators",
	about: "a producer makes all values first, or sends each to a consumer at once",
	run:   func(w io.Writer) error { return examples.ProduceAndConsume(w, 1_000_000) },
	// A switch of the portable backend takes some forty times as long.
	runFast: func(w io.Writer) error { return examples.ProduceAndConsume(w, 10_000) },
	python: `
import time

def consumer(values):
    total = 0
    for x in values:
        total += x
    return total

def producer():
    values = []
    for i in range(1000000):
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
    for i in range(1000000):
        total = g.send(i)
    return total

start = time.time()
print('yield, send:', producer(), time.time() - start, 's')
`,
}

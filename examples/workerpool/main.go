// Workerpool does many jobs, a few at a time, in two forms: a pool, whose Go waits while all places
// are taken, and Map, which yields results in the order of the jobs.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func main() {
	if err := poller.RunErr(func() error { return work(os.Stdout) }); err != nil {
		fmt.Fprintln(os.Stderr, "workerpool:", err)
		os.Exit(1)
	}
}

var errNoPages = errors.New("no pages")

// fetch is a job: it waits, as one would for another machine.
func fetch(name string) (pages int, err error) {
	poller.Sleep(time.Duration(len(name)) * time.Millisecond)
	if name == "empty" {
		return 0, errNoPages
	}
	return len(name), nil
}

func work(w io.Writer) error {
	names := []string{"encyclopedia", "novel", "empty", "poem", "dictionary"}

	// A pool: what comes of the jobs is kept by them, without locks, as all are on one goroutine.
	pages, atOnce, most := 0, 0, 0
	pool := poller.NewPool(2)
	for _, name := range names {
		pool.Go(func() error { // waits for a place
			atOnce++
			most = max(most, atOnce)
			defer func() { atOnce-- }()
			n, err := fetch(name)
			pages += n
			return err
		})
	}
	err := pool.Join() // the first error
	fmt.Fprintf(w, "%d pages, at most %d jobs at once, error: %v\n", pages, most, err)
	if !errors.Is(err, errNoPages) {
		return err
	}

	// Map: the results in the order of the names. Leaving the loop ends what has begun.
	i := 0
	for n, err := range poller.Map(3, slices.Values(names), fetch) {
		fmt.Fprintln(w, names[i], n, err)
		i++
	}
	return nil
}

package plain

import (
	"sync"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	s := NewStock(map[string]int{"bolt": 1})
	var g sync.WaitGroup
	for range 2 {
		g.Go(func() {
			time.Sleep(time.Millisecond)
			s.Take("bolt", 1)
		})
	}
	g.Wait()
	if n := s.Count("bolt"); n < 0 {
		t.Errorf("%d bolts are left", n)
	}
}

func TestDeadlock(t *testing.T) {
	c := make(chan int)
	t.Log("logged before")
	t.Run("sub", func(t *testing.T) {
		t.Log("logged in the subtest")
		<-c
	})
}

func TestSubtests(t *testing.T) {
	order := make(chan string, 4)
	t.Cleanup(func() {
		if len(order) != 4 {
			t.Error("the cleanup does not run last")
		}
	})
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			time.Sleep(time.Hour)
			order <- name
		})
	}
	order <- "first"
}

func TestPasses(t *testing.T) {
	begun := time.Now()
	time.Sleep(24 * time.Hour)
	if d := time.Since(begun); d <= 24*time.Hour || d > 24*time.Hour+time.Millisecond {
		t.Error(d)
	}
}

func TestFailNow(t *testing.T) {
	t.Cleanup(func() {
		time.Sleep(time.Hour)
		t.Log("cleanup at", time.Now().UTC().Truncate(time.Second))
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		t.Error("as it should")
		t.FailNow() // ends this goroutine
		panic("not reached")
	}()
	<-done
	t.FailNow()
}

func TestPanics(t *testing.T) {
	go func() {
		time.Sleep(time.Minute)
		panic("as it should")
	}()
	time.Sleep(time.Hour)
}

var asked, answers = make(chan int), make(chan int)

func init() {
	go serve()
	asked <- 1 // serve has begun
}

// serve is no task, as there is no simulation yet.
func serve() { answers <- <-asked + <-asked }

// TestOutside waits for an answer to a question that nobody asks: whether an answer of another goroutine came
// before the end of the simulation would not depend on the seed.
func TestOutside(t *testing.T) {
	t.Error(<-answers)
}

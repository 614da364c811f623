package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
)

// orphans are stacks that goroutines leave behind, with data in their frames
// that they verify when they are ended by whoever adopts them.
type orphans struct {
	left, ended atomic.Int64

	mu     sync.Mutex
	errors []string
}

// An orphan is the data of one.
type orphan struct {
	*orphans
	w *worker // only for the data
}

// leave leaves some stacks, each in the middle of something.
func (o *orphans) leave(seed uint64, n int) {
	root := stackful.Current()
	for i := range n {
		x := &orphan{o, &worker{rng: rand.New(rand.NewPCG(seed, uint64(i)))}}
		s := stackful.New(func(any) (*stackful.Stack, any) {
			x.suspend(root, i%8)
			return root, nil
		})
		s.SetData(x)
		s.Switch(nil)
		o.left.Add(1)
	}
}

func (x *orphan) suspend(root *stackful.Stack, depth int) {
	b := x.w.blob()
	defer x.w.verify(b, "an orphan's deferred call")
	onStack := blob{key: b.key, words: b.words, text: b.text}
	p := &onStack
	if depth > 0 {
		x.suspend(root, depth-1)
	} else {
		root.Switch(nil)
	}
	x.w.verify(p, "an orphan's data on the stack")
}

// Orphaned implements stackful.Orphan.
func (x *orphan) Orphaned(s *stackful.Stack) {
	s.Switch(nil)
	err := x.w.failure
	if err == nil && !s.Done() {
		err = fmt.Errorf("an orphan did not end")
	}
	if err != nil {
		x.mu.Lock()
		x.errors = append(x.errors, err.Error())
		x.mu.Unlock()
	}
	x.ended.Add(1)
}

// settle waits until all have been adopted, where that is quick.
func (o *orphans) settle() []string {
	const patience = time.Minute
	for start := time.Now(); stackful.Backend().Native && o.ended.Load() < o.left.Load(); {
		runtime.GC()
		if time.Since(start) > patience {
			o.mu.Lock()
			o.errors = append(o.errors, fmt.Sprintf("of %d orphans %d were adopted", o.left.Load(), o.ended.Load()))
			o.mu.Unlock()
			break
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.errors
}

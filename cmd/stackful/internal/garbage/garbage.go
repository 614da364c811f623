// Package garbage makes work for the garbage collector: garbage that is made all the time,
// for package bench; a heap that must be marked, and requests that allocate, for package
// echo. All of it is small objects that refer to each other, as the heaps of programs
// mostly are.
//
// It imports nothing of this module.
package garbage

import (
	"runtime/debug"
	"sync/atomic"
)

// A leaf is one object of a list.
type leaf struct {
	next *leaf
	_    [48]byte
}

// leafBytes is the size class of a leaf.
const leafBytes = 64

// leaves is not inlined, so that a list without a user is allocated all the same.
//
//go:noinline
func leaves(n int) (list *leaf) {
	for range n {
		list = &leaf{next: list}
	}
	return list
}

// Begin starts a goroutine that allocates, with the collector set to begin anew as soon as
// it has ended. stop ends it.
func Begin() (stop func()) {
	percent := debug.SetGCPercent(5)
	var ended atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		var kept [64]*leaf // some live on for a while
		for i := 0; !ended.Load(); i++ {
			kept[i%len(kept)] = leaves(256)
		}
	}()
	return func() {
		ended.Store(true)
		<-done
		debug.SetGCPercent(percent)
	}
}

// LiveBytes is the size of LiveHeap's result.
const LiveBytes = 100 << 20

// LiveHeap returns some LiveBytes of objects, which live as long as the result.
func LiveHeap() any {
	const each = 1000
	var lists []*leaf
	for range LiveBytes / (each * leafBytes) {
		lists = append(lists, leaves(each))
	}
	return lists
}

// Litter allocates some n bytes, and forgets them.
func Litter(n int) { leaves((n + leafBytes - 1) / leafBytes) }

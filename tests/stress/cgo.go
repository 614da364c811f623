//go:build stresscgo

package main

/*
#include <stdint.h>

extern void stressCallback(uintptr_t);

// work fills a frame and calls back with it still there.
static int work(int n, uintptr_t id) {
	volatile int frame[256];
	for (int i = 0; i < 256; i++) frame[i] = n + i;
	if (id) stressCallback(id);
	for (int i = 0; i < 256; i++)
		if (frame[i] != n + i) return -1;
	return n;
}
*/
import "C"

import (
	"errors"
	"runtime/cgo"

	"github.com/stackful-go/stackful"
)

func init() { acts = append(acts, (*routine).callC, (*routine).callbackFromC) }

// callC calls C between hops.
func (r *routine) callC() {
	b := r.w.blob()
	r.hop()
	n := C.int(r.w.rng.IntN(1000))
	if C.work(n, 0) != n {
		r.w.fail("C has lost its frame")
	}
	r.w.calls.Add(1)
	r.hop()
	r.w.verify(b, "data held across a call of C")
}

// callbackFromC is called back by C, where a switch is refused.
func (r *routine) callbackFromC() {
	b := r.w.blob()
	w := r.w
	h := cgo.NewHandle(func() {
		defer func() {
			if err, _ := recover().(error); stackful.Backend().Native && !errors.Is(err, stackful.ErrForeignFrames) {
				w.fail("a switch in a callback from C: %v", err)
			}
		}()
		if stackful.Backend().Native && len(w.alive) > 0 {
			w.alive[w.rng.IntN(len(w.alive))].stack.Switch(nil)
		} else {
			panic(stackful.ErrForeignFrames)
		}
	})
	defer h.Delete()
	if C.work(1, C.uintptr_t(h)) != 1 {
		w.fail("C has lost its frame")
	}
	w.calls.Add(1)
	r.hop()
	r.w.verify(b, "data held across a callback from C")
}

//go:build cgo

package cgo

import (
	"errors"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// A generator to which a switch was refused is where it was, and nobody waits for it.
func TestCgo_generatorRefused(t *testing.T) {
	needNative(t)
	thrown := errors.New("thrown")
	var caught error
	g := coro.NewGenerator(func(in int, yield func(int) int) {
		for {
			func() {
				defer func() {
					if err, ok := recover().(error); ok {
						if errors.Is(err, coro.ErrExit) {
							panic(err)
						}
						caught = err
					}
				}()
				in = yield(in + 1)
			}()
		}
	})
	for i := range 3 {
		if v, ok := g.Send(i); !ok || v != i+1 {
			t.Errorf("Send returned %d, %v", v, ok)
		}
		CallC(func() {
			for name, f := range map[string]func(){
				"Send":  func() { g.Send(7) },
				"Throw": func() { g.Throw(thrown) },
				"Close": func() { g.Close() },
			} {
				err, _ := panicOf(f).(error)
				if !errors.Is(err, stackful.ErrForeignFrames) {
					t.Errorf("%s: got panic %v", name, err)
				}
			}
		})
	}
	if caught != nil {
		t.Errorf("%v came through", caught)
	}
	g.Close()
	if !g.Coroutine().Dead() {
		t.Error("Close did not end it")
	}
}

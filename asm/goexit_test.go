package asm_test

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful/asm"
)

func TestGoexiting(t *testing.T) {
	nested := func(f func()) { defer f(); panic("outer") }
	for _, c := range []struct {
		name string
		end  func()
		want bool
	}{
		{"Goexit", runtime.Goexit, true},
		{"panic", func() { panic("p") }, false},
		{"fault", func() { var p *int; *p = 1 }, false},
		{"Goexit in a panic", func() { nested(runtime.Goexit) }, true},
		{"panic in a Goexit", func() { defer func() { panic("p") }(); runtime.Goexit() }, false},
		{"Goexit after a panic that was recovered in it", func() {
			defer func() {
				defer func() { recover() }()
				panic("p")
			}()
			runtime.Goexit()
		}, true},
		{"Goexit whose panic was recovered", func() {
			defer func() { recover() }()
			defer func() { panic("p") }()
			runtime.Goexit()
		}, true},
	} {
		var got bool
		done := make(chan bool)
		go func() {
			defer close(done)
			defer func() { recover() }()
			func() {
				defer func() { got = asm.Goexiting() }()
				c.end()
			}()
		}()
		<-done
		if got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

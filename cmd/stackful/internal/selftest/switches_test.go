package selftest

import (
	"math/rand/v2"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// The self-test notices a value that is not what was sent.
func TestSelfTest_wrongValue(t *testing.T) {
	for name, wrong := range map[string]any{"token": &token{from: 1, check: 1}, "type": "text"} {
		p := &party{root: coro.Current(), random: rand.New(rand.NewPCG(1, 2))}
		p.members = []*coro.Coroutine{coro.New(func(any) any {
			p.switches = 1023 // the next one is to the root
			p.pass(0, &token{from: 0, check: ^0})
			return nil
		})}
		p.members[0].Switch(nil)
		if p.failure != nil {
			t.Fatal(p.failure)
		}
		p.members[0].Switch(wrong)
		if p.failure == nil {
			t.Errorf("a wrong %s was not noticed", name)
		}
	}
}

package stackful_test

import (
	"fmt"
	"testing"

	"github.com/stackful-go/stackful"
)

func TestSwitch_passesValuesBothWays(t *testing.T) {
	root := stackful.Current()
	var log []any
	s := stackful.New(func(v any) (*stackful.Stack, any) {
		log = append(log, v)
		log = append(log, root.Switch("b"))
		log = append(log, root.Switch("d"))
		return root, "f"
	})
	log = append(log, s.Switch("a"))
	log = append(log, s.Switch("c"))
	log = append(log, s.Switch("e"))
	if got, want := fmt.Sprint(log), "[a b c d e f]"; got != want {
		t.Errorf("values passed: %s, want %s", got, want)
	}
	if !s.Done() {
		t.Error("not done after its entry returned")
	}
}

func TestBackend(t *testing.T) {
	t.Logf("%+v", stackful.Backend())
}

package sched

import (
	"strings"
	"testing"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// What a patched runtime and this package take for code of the user's is the same.
func TestIsUsers(t *testing.T) {
	for function, want := range map[string]bool{
		"main.main":         true,
		"main.main.func1":   true,
		"shop.(*Stock).Set": true, // of a module whose name has no dot
		"shop/stock.Take":   true,
		"github.com/jackc/puddle/v2.(*Pool[...]).Acquire":     true,
		"go.uber.org/zap.(*Logger).Info":                      true,
		"time.example/now.Now":                                true,
		"gopkg.in/yaml%2ev3.Marshal":                          true,
		"github.com/stackful-go/stackful-others.Run":          true,
		module + "/examples/ordinary.work":                    true,
		module + "_test.TestStack":                            true,
		module + "/poller_test.TestRun.func1":                 true,
		"time.Sleep":                                          false,
		"go/ast.Inspect":                                      false,
		"net/http.(*conn).serve":                              false,
		"slices.SortFunc[go.shape.[]example.com/a/b.T,int]":   false,
		"sync.(*Pool[example.com/a.T]).Get":                   false,
		"vendor/golang.org/x/net/dns/dnsmessage.(*Parser).on": false,
		"internal/poll.(*FD).Read":                            false,
		"runtime.gopark":                                      false,
		module + ".(*Stack).Switch":                           false,
		module + "/coro.New":                                  false,
		module + "/poller.(*Mutex).Lock":                      false,
		module + "/poller/internal/sched.Sleep":               false,
		module + "/asm.CheckG":                                false,
		"":                                                    false,
	} {
		if runtimepatch.Runtime != nil {
			if got := isUsers(function, "a.go"); got != want {
				t.Errorf("%q: %v", function, got)
			}
		}
		if want && isEngine(function, "a.go") {
			t.Errorf("%q is taken for this module's", function)
		}
	}
	for _, function := range []string{module + "/poller.TestRun", module + ".TestStack"} {
		if !isUsers(function, "a_test.go") {
			t.Errorf("%q, a test, is not taken for the user's", function)
		}
	}
}

func TestOutsideIn(t *testing.T) {
	goroutine := func(creator string, calls ...string) string {
		text := "goroutine 7 [chan receive]:\n"
		for _, c := range calls {
			text += c + "\n\t/src/chat.go:88 +0x25\n"
		}
		return text + "created by " + creator + " in goroutine 1\n\t/src/main.go:2101 +0x4c5"
	}
	const user = "example.com/chat"
	others := []string{
		"goroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1",
		goroutine(module+".makeCarriers", user+".(*Room).join(0x1)"),
		goroutine(user+".TestRoom", module+".(*Stack).Switch(...)", facePkg+"Simulate(0x1, 0x2)", user+".TestRoom()"),
	}
	if got := outsideIn(strings.Join(others, "\n\n")); got != "" {
		t.Errorf("it lists %s", got)
	}
	server := goroutine(user+".init.0", user+".serve(0x1)")
	want := "goroutines outside of the simulation, which must not wake its tasks:\n  chat.go:88 serve, started by example.com/chat.init.0\n"
	if got := outsideIn(strings.Join(append(others, server), "\n\n")); got != want {
		t.Errorf("it is %q, and not %q", got, want)
	}
	if got := outsideIn(strings.Repeat(server+"\n\n", mostOutside+5)); strings.Count(got, "\n") != mostOutside+2 || !strings.Contains(got, "and 5 more") {
		t.Errorf("of many it lists %s", got)
	}
}

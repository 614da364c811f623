package stackful_test

import (
	"strings"
	"testing"
)

// The collector's tests, and others, once more, with what makes the collector's mistakes visible.
func TestModes(t *testing.T) {
	if raceEnabled || emulator() != "" {
		t.Skip("the tests run in these modes without the race detector, and not emulated")
	}
	for _, mode := range []string{
		"GODEBUG=clobberfree=1", "GODEBUG=clobberfree=1,gccheckmark=1", "GODEBUG=clobberfree=1,gcstoptheworld=1",
		"GODEBUG=clobberfree=1,gcstoptheworld=2", "GODEBUG=clobberfree=1,asyncpreemptoff=1", "GODEBUG=gcshrinkstackoff=1",
		"GODEBUG=adaptivestackstart=1,clobberfree=1", "GOGC=1", "GOMAXPROCS=1", "GOMAXPROCS=4",
	} {
		t.Run(mode, func(t *testing.T) {
			pattern := "(TestGC|TestSwitch|TestPanic|TestGrowth_pointers|TestGrowth_deep).*"
			if strings.HasPrefix(mode, "GOMAXPROCS") {
				pattern = "(TestGC|TestGoexit|TestHammer).*"
			}
			if out, code := rerun(t, pattern, mode); code != 0 {
				t.Errorf("exit code %d:\n%s", code, out)
			}
		})
	}
}

package stackful_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// shouldBeNative says where the native backend is promised.
func shouldBeNative() bool {
	release := runtime.Version()
	for _, known := range []string{"go1.25", "go1.26", "go1.27"} {
		if release != known && !strings.HasPrefix(release, known+".") {
			continue
		}
		switch runtime.GOOS + "/" + runtime.GOARCH {
		case "linux/amd64", "linux/arm64":
			return !stackful.PortableTag
		}
	}
	return false
}

// needNative skips a test of what the portable backend cannot do. Where the
// native one is promised there is nothing to skip.
func needNative(t testing.TB) {
	t.Helper()
	switch b := stackful.Backend(); {
	case b.Native:
	case shouldBeNative():
		t.Fatalf("the backend is not native: %s", b.Reason)
	default:
		t.Skipf("needs the native backend: %s", b.Reason)
	}
}

// scale returns how often to do something: reduced where it takes long.
func scale(full, reduced int) int {
	if testing.Short() || raceEnabled || !stackful.Backend().Native || emulator() != "" {
		return reduced
	}
	return full
}

var emulator = stackful.Emulator

func TestBackend_native(t *testing.T) {
	b := stackful.Backend()
	t.Logf("%+v", b)
	if b.Native != shouldBeNative() {
		switch b.Arch {
		case "linux/amd64", "linux/arm64":
			t.Errorf("native: %v, want %v: %s", b.Native, shouldBeNative(), b.Reason)
		}
	}
	if b.Reason == "" || b.Go != runtime.Version() || b.Arch != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("incomplete: %+v", b)
	}
}

func TestBackend_everyGoroutine(t *testing.T) {
	want := stackful.Backend()
	onGoroutine(func() {
		if got := stackful.Backend(); got != want {
			t.Errorf("on another goroutine %+v, want %+v", got, want)
		}
	})
	s := stackful.New(func(any) (*stackful.Stack, any) { return nil, stackful.Backend() })
	if got := s.Switch(nil); got != want {
		t.Errorf("on a stack %+v, want %+v", got, want)
	}
}

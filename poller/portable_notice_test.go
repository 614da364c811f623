package poller

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// RequireNative is an error on the portable backend. That it is told of is tested in tests/futures, in
// a release that is not known; who asks for it by a build tag is told nothing.
func TestRequireNative(t *testing.T) {
	called := false
	err := Options{RequireNative: true}.Run(func() { called = true })
	if native := stackful.Backend().Native; native != (err == nil) || native != called {
		t.Errorf("%v, main was called: %v", err, called)
	} else if !native && (!errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "native backend")) {
		t.Error(err)
	}
	if !stackful.AskedPortable() {
		return
	}
	if said := standardError(t, func(func() string) { needNil(t, Run(func() {})) }); said != "" {
		t.Errorf("it says %q", said)
	}
}

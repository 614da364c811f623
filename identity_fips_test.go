//go:build go1.26

package stackful_test

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"

	"github.com/stackful-go/stackful"
)

// FIPS enforcement is the goroutine's, as docs/soundness.md says: to turn it off on one stack turns
// it off on all, and it is on again when the first has turned it on.
func TestIdentity_fipsEnforcement(t *testing.T) {
	const variable, only = "GODEBUG", "fips140=only"
	if os.Getenv(variable) != only {
		args := []string{os.Args[0], "-test.v", "-test.run=^" + t.Name() + "$"}
		if emulator := stackful.Emulator(); emulator != "" {
			args = append([]string{emulator}, args...)
		}
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = append(os.Environ(), variable+"="+only)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if !fips140.Enforced() {
		t.Skip("this toolchain has no FIPS module")
	}
	shared := stackful.Backend().Native
	without := func() *stack {
		s := body(func(any) any {
			fips140.WithoutEnforcement(func() {
				up(nil)
				up(fips140.Enforced())
			})
			return nil
		})
		s.Switch(nil)
		return s
	}
	a, b := without(), without()
	want(t, "on the root, meanwhile", fips140.Enforced(), !shared)
	want(t, "inside", a.Switch(nil), any(false))
	a.Switch(nil)
	want(t, "inside another one, when the first has left", b.Switch(nil), any(shared))
	b.Switch(nil)
	want(t, "on the root, after all", fips140.Enforced(), true)
}

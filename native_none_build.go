//go:build !stackful_portable && (valgrind || goexperiment.runtimesecret || !go1.25 || go1.28 || !(amd64 || arm64) || !(linux || darwin || freebsd))

package stackful

import (
	"runtime"

	"github.com/stackful-go/stackful/asm"
)

// Under valgrind and runtimesecret a goroutine has state that belongs to its
// stack and that the switch does not know of.
var portableBuild = func() string {
	if asm.KnownGo {
		return "built with valgrind or runtimesecret, which tie more state to a stack"
	}
	return "no layout table for " + runtime.Version() + " on " + runtime.GOOS + "/" + runtime.GOARCH
}()

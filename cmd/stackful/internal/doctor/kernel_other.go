//go:build !linux

package doctor

import "runtime"

// kernelFacts asks the system for what the poller uses or could use.
func kernelFacts() []fact {
	return []fact{{"kernel", runtime.GOOS}}
}

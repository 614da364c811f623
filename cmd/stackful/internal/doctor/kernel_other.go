//go:build !linux

package doctor

import "runtime"

// kernelFacts names the system only: the poller has nothing to choose from there.
func kernelFacts() []fact {
	return []fact{{"kernel", runtime.GOOS}}
}

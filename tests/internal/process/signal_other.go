//go:build !unix

package process

import "os"

// dumpSignal ends a process; there is none that makes it print its goroutines.
var dumpSignal = os.Kill

//go:build unix

package process

import "syscall"

// dumpSignal makes a Go process print its goroutines and exit.
var dumpSignal = syscall.SIGQUIT

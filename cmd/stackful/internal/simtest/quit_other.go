//go:build !unix

package simtest

import "os"

// quit ends the process.
func quit(p *os.Process) error { return p.Kill() }

package conformance

import (
	"time"
	_ "unsafe" // for go:linkname
)

// The tests make orphans all the time, and wait for them: see portable_orphan.go
// of package stackful.
func init() { dumpShare = 1 }

//go:linkname dumpShare github.com/stackful-go/stackful.dumpShare
var dumpShare time.Duration

// Package machine describes the place of a measurement: the processor, the backend that
// runs there and why, the cost of a compare-and-swap, and whether this is a build with the
// race detector.
//
// Of this module it imports the root package and asm. Package doctor has more of the kind,
// for bug reports.
package machine

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

// Backend writes which backend runs, and why.
func Backend() string {
	b := stackful.Backend()
	kind := "portable"
	if b.Native {
		kind = "native"
	}
	return fmt.Sprintf("%s on %s %s: %s", kind, b.Go, b.Arch, b.Reason)
}

// CPU names the processor, by its vendor and architecture if it has no name of its own.
func CPU() string {
	c := asm.Identify()
	name := strings.TrimSpace(c.Brand)
	if name == "" {
		name = strings.TrimSpace(c.Vendor + " " + runtime.GOARCH)
	}
	return fmt.Sprintf("%s, family %d model %d stepping %d", name, c.Family, c.Model, c.Stepping)
}

// CAS measures one compare-and-swap of a word in the first-level cache, in nanoseconds:
// the least of several tries that together take d, since a try is only ever disturbed to
// the longer. ok is false where package asm has no such loop for the processor.
func CAS(d time.Duration) (ns float64, ok bool) {
	for end := time.Now().Add(d); !ok || time.Now().Before(end); {
		const n = 1 << 14
		start := time.Now()
		if asm.LockCmpxchg(n) == 0 {
			return 0, false
		}
		if one := float64(time.Since(start)) / n; !ok || one < ns {
			ns, ok = one, true
		}
	}
	return ns, ok
}

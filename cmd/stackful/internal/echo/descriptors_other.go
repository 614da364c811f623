//go:build !unix

package echo

import "math"

// descriptorLimit returns how many descriptors a process may have open: here there is no limit
// that is known.
func descriptorLimit() uint64 { return math.MaxUint64 }

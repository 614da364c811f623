//go:build !amd64 || race

package stackful

import "sync/atomic"

// storeState is a release store: see state_amd64.go.
func storeState(s *Stack, state uint64) { atomic.StoreUint64(&s.state, state) }

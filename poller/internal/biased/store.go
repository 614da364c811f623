package biased

import "sync/atomic"

// StoreSeqCst stores v in *p, before any later load of this goroutine: for where two
// goroutines each store and then load what the other one stores, and one of them must see
// the other's store.
//
// Store does so, too: that is what sync/atomic promises, and what processors keep
// (arm64: no LDAR is made before an earlier STLR). But qemu-user on amd64 turns these
// into a store with a fence before it and a load with a fence behind it, which leaves
// nothing in between: under it a hub missed a wake-up about once in a million times. Swap reads and writes at once, a barrier for any of them; on amd64
// it is the instruction that Store is.
func StoreSeqCst(p *atomic.Bool, v bool) { p.Swap(v) }

package biased

import "sync/atomic"

// StoreSeqCst stores v in *p, before any later load of this goroutine. It is for protocols in
// which two goroutines each store one variable and then load the other's, and one of them must
// see the other's store.
//
// sync/atomic's Store promises that too, and processors keep the promise (arm64: no LDAR is
// performed before an earlier STLR). But qemu-user on amd64 translates the two into a store
// with a fence before it and a load with a fence behind it, with no fence in between: under it
// a hub missed a wake-up about once in a million times. Swap is a read-modify-write, a
// barrier for all of them; on amd64 it is the same instruction as Store.
func StoreSeqCst(p *atomic.Bool, v bool) { p.Swap(v) }

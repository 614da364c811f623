//go:build !race

package stackful

// storeState is a release store, for Done on other goroutines: on amd64 an ordinary
// one, which costs a tenth of the locked instruction that sync/atomic's is. Nothing
// depends on its order with later loads.
func storeState(s *Stack, state uint64) { s.state = state }

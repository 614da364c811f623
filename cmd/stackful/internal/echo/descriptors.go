package echo

import "fmt"

// checkDescriptors returns an error if limit descriptors a process are too few for that many
// clients: with too few, the server would leave connections in the system's queue, and clients
// would fail one by one.
//
// A server on package poller accepts connections for three quarters of its descriptors, unless
// ListenConfig.MaxConns says otherwise.
func checkDescriptors(clients int, limit uint64) error {
	const besides = 32 // the selector, pipes of children, files
	need := uint64(clients) + uint64(clients)/3 + besides
	if need <= limit {
		return nil
	}
	fit := 0
	if limit > besides {
		fit = int((limit - besides) / 4 * 3)
	}
	return fmt.Errorf("%d clients need %d descriptors in each process, and the limit is %d (RLIMIT_NOFILE): raise it by ulimit -n %[2]d, or use -clients %[4]d",
		clients, need, limit, fit)
}

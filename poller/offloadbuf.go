package poller

import "sync"

// offloadMost is how much one call on a helper moves.
const offloadMost = 256 << 10

// offloadBuffers is the buffers of such calls, of type *[offloadMost]byte.
var offloadBuffers = sync.Pool{New: func() any { return new([offloadMost]byte) }}

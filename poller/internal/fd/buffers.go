package fd

import "sync"

// BufferSize is how much one call on a helper moves.
const BufferSize = 256 << 10

// Buffers is the buffers of such calls, of type *[BufferSize]byte.
var Buffers = sync.Pool{New: func() any { return new([BufferSize]byte) }}

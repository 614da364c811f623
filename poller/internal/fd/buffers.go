package fd

import "sync"

// BufferSize is how many bytes one call on a helper goroutine moves at most.
const BufferSize = 256 << 10

// Buffers is a pool of buffers for such calls, of type *[BufferSize]byte. The helper needs its
// own buffer, since an interrupted task does not wait for it and may reuse the user's.
var Buffers = sync.Pool{New: func() any { return new([BufferSize]byte) }}

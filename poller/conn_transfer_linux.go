//go:build !poller_std

package poller

import (
	"io"
	"math"
	"syscall"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// streamDesc returns the descriptor of a stream of ours, nil if x is none.
func streamDesc(x any) *fd.FD {
	switch x := x.(type) {
	case *Conn:
		if !x.isDgram {
			return &x.d
		}
	case *File:
		if x.polled {
			return &x.d
		}
	}
	return nil
}

// moveFrom reports whether it could be done; if not, the rest, and that is mostly all,
// has to be copied.
func (c *Conn) moveFrom(r io.Reader) (n int64, err error, handled bool) {
	if c.isDgram {
		return 0, nil, false
	}
	limit := int64(math.MaxInt64)
	limited, ok := r.(*io.LimitedReader)
	if ok {
		if r, limit = limited.R, limited.N; limit <= 0 {
			return 0, nil, true
		}
		defer func() { limited.N -= n }()
	}
	h := sched.Here()
	if from := streamDesc(r); from != nil {
		return fd.Splice(h, &c.d, from, limit)
	}
	if file, ok := r.(syscall.Conn); ok {
		return c.d.SendFile(h, file, limit)
	}
	return 0, nil, false
}

// moveTo is moveFrom in the other direction.
func (c *Conn) moveTo(w io.Writer) (n int64, err error, handled bool) {
	if to := streamDesc(w); to != nil && !c.isDgram {
		return fd.Splice(sched.Here(), to, &c.d, math.MaxInt64)
	}
	return 0, nil, false
}

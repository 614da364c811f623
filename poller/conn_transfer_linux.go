//go:build !poller_std

package poller

import (
	"io"
	"math"
	"syscall"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// ReadFrom copies r to the connection until r ends; it is part of io.ReaderFrom, and
// what io.Copy calls. From a regular file (*os.File or *File), another stream (*Conn) or
// a pipe (*File), also in an io.LimitedReader, the data does not come to this process.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	n, err, handled := c.moveFrom(r)
	if !handled {
		var more int64
		more, err = io.Copy(struct{ io.Writer }{c}, r)
		n += more
	}
	return n, c.opError("readfrom", err)
}

// WriteTo copies the connection to w until the stream ends; it is part of
// io.WriterTo. To another stream (*Conn) or a pipe (*File), the data does not come to
// this process.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	var n, more int64
	var err error
	handled := false
	if to := streamDesc(w); to != nil && !c.isDgram {
		n, err, handled = fd.Splice(sched.Here(), to, &c.d, math.MaxInt64)
	}
	if !handled {
		more, err = io.Copy(w, struct{ io.Reader }{c})
	}
	return n + more, c.opError("writeto", err)
}

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

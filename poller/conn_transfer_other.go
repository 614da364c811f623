//go:build !linux || poller_std

package poller

import "io"

func (c *Conn) moveFrom(io.Reader) (n int64, err error, handled bool) { return 0, nil, false }
func (c *Conn) moveTo(io.Writer) (n int64, err error, handled bool)   { return 0, nil, false }

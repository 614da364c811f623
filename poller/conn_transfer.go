package poller

import "io"

// ReadFrom copies r to the connection until r ends; it is part of io.ReaderFrom, and
// io.Copy calls it. On Linux, from a regular file (*os.File or *File), another stream
// (*Conn) or a pipe (*File), also in an io.LimitedReader, the data does not come to this
// process.
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
// io.WriterTo. On Linux, to another stream (*Conn) or a pipe (*File), the data does not
// come to this process.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	n, err, handled := c.moveTo(w)
	if !handled {
		var more int64
		more, err = io.Copy(w, struct{ io.Reader }{c})
		n += more
	}
	return n, c.opError("writeto", err)
}

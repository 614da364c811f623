//go:build linux && !poller_std

package poller

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// What it saves that the kernel moves the data: each round passes 1 MiB on to a peer
// that reads it all. "copy" is the same through a buffer of 32 KiB.
func BenchmarkReadFrom(b *testing.B) {
	const size = 1 << 20
	path := filepath.Join(b.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	ways := map[string]func(w io.Writer, r io.Reader) (int64, error){
		"kernel": func(w io.Writer, r io.Reader) (int64, error) { return w.(*Conn).ReadFrom(r) },
		"copy": func(w io.Writer, r io.Reader) (int64, error) {
			return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 32<<10))
		},
	}
	sink := func(b *testing.B) (*Conn, func()) {
		c1, c2 := pair(b, "tcp")
		drain := Go(func() {
			buf := make([]byte, 256<<10)
			for {
				if _, err := c2.Read(buf); err != nil {
					return
				}
			}
		})
		return c1.(*Conn), func() { c1.Close(); drain.Join(); c2.Close() }
	}
	for _, way := range []string{"kernel", "copy"} {
		b.Run("from=file/by="+way, func(b *testing.B) {
			run(b, func() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				w, end := sink(b)
				b.SetBytes(size)
				for b.Loop() {
					f.Seek(0, io.SeekStart)
					if n, err := ways[way](w, f); n != size || err != nil {
						b.Fatal(n, err)
					}
				}
				end()
			})
		})
	}
	for _, chunk := range []int{1 << 10, 64 << 10} {
		for _, way := range []string{"kernel", "copy"} {
			name := map[int]string{1 << 10: "1K", 64 << 10: "64K"}[chunk]
			b.Run("from=tcp/chunk="+name+"/by="+way, func(b *testing.B) {
				run(b, func() {
					s1, s2 := pair(b, "tcp")
					feed := Go(func() {
						buf := make([]byte, chunk)
						for {
							if _, err := s1.Write(buf); err != nil {
								return
							}
							if chunk < 4096 {
								YieldIO() // so that they are passed on one by one
							}
						}
					})
					w, end := sink(b)
					b.SetBytes(size)
					for b.Loop() {
						if n, err := ways[way](w, io.LimitReader(s2, size)); n != size || err != nil {
							b.Fatal(n, err)
						}
					}
					s2.Close()
					s1.Close()
					feed.Join()
					end()
				})
			})
		}
	}
}

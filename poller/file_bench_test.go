//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"os"
	"path/filepath"
	"testing"
)

// Reads of a file that is in memory: by a File, by a helper in every case, and by
// os.File, which stops all tasks.
func BenchmarkFileRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{512, 64 << 10} {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		p := make([]byte, size)
		name := map[int]string{512: "512", 64 << 10: "64K"}[size]
		try := func(b *testing.B, read func(off int64) (int, error)) {
			run(b, func() {
				b.SetBytes(int64(size))
				for i := 0; b.Loop(); i++ {
					if n, err := read(int64(i * size % (1 << 20))); n != size {
						b.Fatal(n, err)
					}
				}
			})
		}
		ours, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer ours.Close()
		b.Run("size="+name+"/by=File", func(b *testing.B) {
			try(b, func(off int64) (int, error) { return ours.ReadAt(p, off) })
		})
		b.Run("size="+name+"/by=helper", func(b *testing.B) {
			try(b, func(off int64) (int, error) {
				return ours.offload(p, true, func(b []byte) (int, error) { return ours.os.ReadAt(b, off) })
			})
		})
		b.Run("size="+name+"/by=os.File", func(b *testing.B) {
			try(b, func(off int64) (int, error) { return f.ReadAt(p, off) })
		})
	}
}

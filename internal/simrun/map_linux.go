package simrun

import (
	"os"
	"syscall"
	"unsafe"
)

// MapPage returns the page of a file of that size.
func MapPage(name string) (*Page, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := mapped(f, 0, PageSize)
	if err != nil {
		return nil, err
	}
	return (*Page)(unsafe.Pointer((*[PageSize]byte)(data))), nil
}

func mapped(f *os.File, at int64, size int) ([]byte, error) {
	data, err := syscall.Mmap(int(f.Fd()), at, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return data, os.NewSyscallError("mmap", err)
}

// A Writer writes a file through its memory: what is written stays when the process dies, and a write is a copy.
// Behind what is written there are zeros.
type Writer struct {
	f    *os.File
	most int64
	at   int64  // of window in the file
	left []byte // of the window
	all  []byte // the window
	err  error
}

// window is how much of the file is mapped at once: a multiple of each system's pages.
const window = 1 << 20

// NewWriter returns a writer for an empty file, which stops at most bytes.
func NewWriter(name string, most int64) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f.Fd()
	w := &Writer{f: f, most: most, at: -window}
	w.next()
	return w, w.err
}

// Write is io.Writer's. It fails only at the end of what is left on the disk, or of what was allowed.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && w.err == nil {
		if len(w.left) == 0 {
			w.next()
		}
		k := copy(w.left, p)
		w.left, p, n = w.left[k:], p[k:], n+k
	}
	return n, w.err
}

// Err returns the error after which nothing is written any more.
func (w *Writer) Err() error { return w.err }

// next moves the window on.
func (w *Writer) next() {
	if w.all != nil {
		syscall.Munmap(w.all)
	}
	w.all, w.left = nil, nil
	w.at += window
	if w.at+window > w.most {
		w.err = syscall.EFBIG
		return
	}
	// The blocks are there before they are used: a page without one would end the process.
	err := syscall.Fallocate(int(w.f.Fd()), 0, w.at, window)
	if err == syscall.EOPNOTSUPP {
		err = syscall.Ftruncate(int(w.f.Fd()), w.at+window)
	}
	if w.err = os.NewSyscallError("fallocate", err); err != nil {
		return
	}
	if w.all, w.err = mapped(w.f, w.at, window); w.err == nil {
		w.left = w.all
	}
}

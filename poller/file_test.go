package poller

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/fd"
)

func TestFile_regular(t *testing.T) {
	dir := t.TempDir()
	body := func(t *testing.T) {
		path := filepath.Join(dir, "f")
		f, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, 3*fd.BufferSize+1234)
		for i := range data {
			data[i] = byte(i * 31 >> 4)
		}
		if n, err := f.Write(data); n != len(data) || err != nil {
			t.Fatal(n, err)
		}
		if n, err := f.WriteString("tail"); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		copy(data[fd.BufferSize-2:], "here") // across two calls on helpers
		if n, err := f.WriteAt(data[10:2*fd.BufferSize], 10); n != 2*fd.BufferSize-10 || err != nil {
			t.Fatal(n, err)
		}
		if err := f.Sync(); err != nil {
			t.Error(err)
		}
		want := append(bytes.Clone(data), "tail"...)
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes in the file, want %d; %v", len(got), len(want), err)
		}
		if pos, err := f.Seek(0, io.SeekStart); pos != 0 || err != nil {
			t.Error(pos, err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes, want %d; %v", len(got), len(want), err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
		got := make([]byte, len(data))
		if n, err := f.ReadAt(got, 5); n != len(got)-1 || err != io.EOF || !bytes.Equal(got[:n], want[5:]) {
			t.Errorf("ReadAt: %d, %v", n, err)
		}
		if n, err := f.ReadAt(got[:100], 7); n != 100 || err != nil || !bytes.Equal(got[:n], want[7:107]) {
			t.Errorf("ReadAt: %d, %v", n, err)
		}
		if err := f.Truncate(3); err != nil {
			t.Error(err)
		}
		info, err := f.Stat()
		if err != nil || info.Size() != 3 || info.Name() != "f" {
			t.Error(info, err)
		}
		if n, err := f.ReadAt(got[:10], -1); err == nil {
			t.Errorf("at a negative offset: %d", n)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		_, err1 := f.Read(got)
		_, err2 := f.Write(got)
		for _, err := range []error{err1, err2, f.Close(), f.Sync()} {
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
		var pe *fs.PathError
		if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &pe) {
			t.Error(err)
		}
	}
	t.Run("task", func(t *testing.T) { run(t, func() { body(t) }) })
	t.Run("goroutine", body)
}

// A helper that is still at work when its task was interrupted does not touch the
// caller's buffer any more.
func TestFile_interruptedKeepsOff(t *testing.T) {
	run(t, func() {
		p := make([]byte, 10)
		begun, gate, done := new(Event), make(chan struct{}), new(Event)
		f := new(File)
		task := Go(func() {
			f.offload(p, true, func(b []byte) (int, error) {
				begun.Set()
				<-gate
				n := copy(b, "0123456789")
				done.Set()
				return n, nil
			})
		})
		begun.Wait()
		task.Kill()
		close(gate)
		done.Wait()
		if !bytes.Equal(p, make([]byte, 10)) {
			t.Errorf("the buffer holds %q", p)
		}
	})
}

// What a helper has opened for a task that is gone is closed.
func TestAwaitCloser(t *testing.T) {
	run(t, func() {
		begun, gate := new(Event), make(chan struct{})
		c := &closeCounter{closed: make(chan struct{})}
		task := Go(func() {
			awaitCloser(func() (*closeCounter, error) {
				begun.Set()
				<-gate
				return c, nil
			}, nil)
		})
		begun.Wait()
		task.Kill()
		close(gate)
		Await(func() (int, error) { <-c.closed; return 0, nil })

		c = &closeCounter{closed: make(chan struct{})}
		if got, err := awaitCloser(func() (*closeCounter, error) { return c, nil }, nil); got != c || err != nil {
			t.Error(got, err)
		}
		select {
		case <-c.closed:
			t.Error("closed although it was taken")
		default:
		}
	})
}

type closeCounter struct{ closed chan struct{} }

func (c *closeCounter) Close() error { close(c.closed); return nil }

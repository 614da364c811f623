package simrun

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is put into a mapped page and file is in them.
func TestMapped(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "page")
	if _, err := ReadPage(name); err == nil {
		t.Error("a page that is not there")
	}
	if err := os.WriteFile(name, make([]byte, PageSize), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := MapPage(name)
	if err != nil {
		t.Fatal(err)
	}
	p.Hash, p.State, p.Skipped = 5, Ended, true
	p.SetText(strings.Repeat("x", 5000))
	got, err := ReadPage(name)
	if err != nil || got.Hash != 5 || got.State != Ended || !got.Skipped || got.Text() != strings.Repeat("x", textSize) {
		t.Errorf("got %+v, %v", got, err)
	}

	name = filepath.Join(dir, "log")
	if err := os.WriteFile(name, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(name, 3*window+5)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("a line of thirty-one characters\n")
	var want bytes.Buffer
	for w.Err() == nil {
		if n, _ := w.Write(line); n == len(line) {
			want.Write(line)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil || len(text) != 3*window || !bytes.HasPrefix(text, want.Bytes()) || want.Len() < 3*window-len(line) {
		t.Errorf("%d bytes, %v; %d were written", len(text), err, want.Len())
	}
	if n, err := w.Write(line); n != 0 || err == nil {
		t.Errorf("a full file: %d, %v", n, err)
	}
}

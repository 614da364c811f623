package simtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// MkdirTemp makes a folder for temporary files. All its names have one length, as a program may do something with the
// name of its own folder below it.
func MkdirTemp() (string, error) {
	for {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("stackful-sim-%010d", rand.Int64N(1e10)))
		if err := os.Mkdir(dir, 0o700); !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

// copyFile copies the file from to the name to.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// complete ends the list in the file of a timeline whose process has died: without what it was writing last.
func complete(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		text = []byte("[")
	}
	if end := bytes.LastIndexByte(text, '\n'); len(text) > 1 && !bytes.HasSuffix(text, []byte("}")) {
		text = bytes.TrimRight(text[:max(end, 1)], ",\n")
	}
	return os.WriteFile(name, append(text, "\n]\n"...), 0o666)
}

// tail returns the last lines of a file, n at most.
func tail(name string, n int) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const most = 256 << 10
	from := max(info.Size()-most, 0)
	text, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if from > 0 {
		lines = lines[1:]
	}
	return lines[max(len(lines)-n, 0):], nil
}

// difference says in which event two runs of a seed differ first.
func difference(a, b *outcome) (string, error) {
	f, err := os.Open(a.log)
	if err != nil {
		return "", err
	}
	defer f.Close()
	g, err := os.Open(b.log)
	if err != nil {
		return "", err
	}
	defer g.Close()
	x, y := bufio.NewReader(f), bufio.NewReader(g)
	before := "  (the beginning)"
	for n := 1; ; n++ {
		p, err1 := x.ReadString('\n')
		q, err2 := y.ReadString('\n')
		if p != q {
			return fmt.Sprintf("event %d differs first:\n  after     %s\n  one has   %s\n  the other %s", n, strings.TrimSpace(before), event(p), event(q)), nil
		}
		if err1 != nil || err2 != nil {
			break
		}
		before = p
	}
	p, q := &a.page, &b.page
	return fmt.Sprintf("the events have the same names, but not the same content, such as what was sent; or the results differ:\n"+
		"  one:       %s\n  the other: %s", a.result(p.Hash), b.result(q.Hash)), nil
}

// event is a line of a schedule, which may be missing.
func event(line string) string {
	if line = strings.TrimSpace(line); line == "" {
		return "nothing more"
	}
	return line
}

// result is the result of a run in a line.
func (o *outcome) result(hash uint64) string {
	text := "passes"
	switch {
	case o.failed():
		text = "fails"
	case o.page.Skipped:
		text = "is skipped"
	}
	if o.end != "" {
		text += " (" + o.end + ")"
	}
	return fmt.Sprintf("%s, after %d switches, hash %016x", text, o.page.Switches, hash)
}

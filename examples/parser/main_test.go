package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func Example() {
	text := `[1, {"a": [2, 3.5]}]  "four" [[[]]] `
	if err := parseAll(iotest.OneByteReader(strings.NewReader(text)), os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// [1 map[a:[2 3.5]]]
	// four
	// [[[]]]
}

func TestParser_errors(t *testing.T) {
	for text, want := range map[string]error{
		"[1, 2":     io.ErrUnexpectedEOF,
		`{"a" 1}`:   errSyntax,
		`{1: 2}`:    errSyntax,
		"[1 2]":     errSyntax,
		`"open`:     io.ErrUnexpectedEOF,
		"[1] x [2]": errSyntax,
		"":          nil,
	} {
		if err := parseAll(strings.NewReader(text), io.Discard); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// A value comes out when its last byte has gone in; and a parser can be left in the middle.
func TestParser_pieces(t *testing.T) {
	got := 0
	p := newParser(func(any) { got++ })
	for _, step := range []struct {
		text string
		want int
	}{{"[1,", 0}, {"2", 0}, {"]", 0}, {" ", 1}, {"[3] [", 2}} {
		if _, err := io.WriteString(p, step.text); err != nil || got != step.want {
			t.Errorf("after %q: %d values, %v", step.text, got, err)
		}
	}
	p.close()
}

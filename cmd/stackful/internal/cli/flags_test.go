package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

func TestParse_flagsAnywhere(t *testing.T) {
	for _, c := range []struct{ args, others, text string }{
		{"", "", ""},
		{"-s a", "", "a"},
		{"x -s a y", "x y", "a"},
		{"x y -s=a -b", "x y", "a"},
		{"-b x -s a", "x", "a"},
		{"x -- -s a", "x -s a", ""},
		{"-b -- x -s", "x -s", ""},
		{"-s a x -s b", "x", "b"},
	} {
		fs := Flags(term.New(strings.NewReader(""), io.Discard, io.Discard), "test", "", "")
		text := fs.String("s", "", "")
		fs.Bool("b", false, "")
		if err := Parse(fs, strings.Fields(c.args), true); err != nil {
			t.Errorf("%q: %v", c.args, err)
		}
		if others := strings.Join(fs.Args(), " "); others != c.others || *text != c.text {
			t.Errorf("%q: %q and %q, want %q and %q", c.args, others, *text, c.others, c.text)
		}
	}
	fs := Flags(term.New(strings.NewReader(""), io.Discard, io.Discard), "test", "", "")
	for _, args := range []string{"x -nonsense", "x"} {
		if err := Parse(fs, strings.Fields(args), false); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

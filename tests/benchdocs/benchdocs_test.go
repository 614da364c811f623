package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller"
)

const root = "../.."

// TestDrawn: the pictures and the tables are what draw makes of data.json, and no picture is left of
// former ones.
func TestDrawn(t *testing.T) {
	files, err := drawn(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what `go run ./tests/benchdocs draw` writes (%v)", path, err)
		}
	}
	there, err := filepath.Glob(root + "/docs/benchmarks/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if files["docs/benchmarks/"+filepath.Base(path)] == nil {
			t.Errorf("%s is not drawn", path)
		}
	}
}

// TestData: every picture is there and says what it holds for.
func TestData(t *testing.T) {
	d, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pictures {
		p := d.picture(m.id)
		if p == nil {
			t.Errorf("%s has not been measured", m.id)
			continue
		}
		for _, s := range []string{p.Date, p.Commit, p.Go, p.CPU, p.System, p.Load, p.Command} {
			if s == "" {
				t.Errorf("%s: something is not known: %+v", m.id, p)
			}
		}
		if p.Rounds < 3 {
			t.Errorf("%s: %d rounds, which are too few to publish", m.id, p.Rounds)
		}
	}
}

func TestCheck(t *testing.T) {
	ours, theirs := Row{Name: "a", Ours: true, Rounds: []float64{1, 2}}, Row{Name: "b", Rounds: []float64{2, 3}}
	for _, c := range []struct {
		rows []Row
		want string
	}{
		{[]Row{ours, theirs}, ""},
		{[]Row{ours}, "no rival"},
		{[]Row{theirs}, "no row of ours"},
		{[]Row{ours, {Name: "b"}}, "no figures"},
		{[]Row{ours, {Name: "b", Rounds: []float64{1, 0}}}, "no figures"},
	} {
		err := (&Picture{Panels: []Panel{{Groups: []Group{{Rows: c.rows}}}}}).check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.rows, err, c.want)
		}
	}
}

func TestRatio(t *testing.T) {
	ours := &Row{Rounds: []float64{1, 10, 100}}
	for _, c := range []struct {
		r    Row
		want float64
	}{
		{Row{Rounds: []float64{2, 30, 200}}, 2}, // of the rounds, not of the medians
		{Row{Rounds: []float64{2, 30}}, 1.6},    // of the medians
		{Row{Rounds: []float64{1, 1, 1}, Whole: 5}, 0.5},
	} {
		if got := c.r.ratio(ours); got != c.want {
			t.Errorf("%+v: %v, want %v", c.r, got, c.want)
		}
	}
}

func TestReplaceMarked(t *testing.T) {
	text := "a\n" + beginMark + "old\n" + endMark + "\nb\n"
	got, err := replaceMarked([]byte(text), "new\n")
	if want := strings.Replace(text, "old", "new", 1); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	for _, bad := range []string{"a", beginMark, endMark, text + endMark} {
		if _, err := replaceMarked([]byte(bad), ""); err == nil {
			t.Errorf("%q has the markers", bad)
		}
	}
}

// TestHoldChat: the clients notice a server that says too little.
func TestHoldChat(t *testing.T) {
	err := poller.RunErr(func() error {
		l, err := poller.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		poller.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				poller.Go(func() {
					defer c.Close()
					var b [100]byte
					c.Write([]byte("* your name?\n* he has come\n"))
					c.Read(b[:]) // its name
					c.Write([]byte("one line, and no more\n"))
				})
			}
		})
		_, err = poller.Await(func() (int, error) {
			heard, _, err := holdChat(l.Addr().String())
			return heard, err
		})
		if err == nil || !strings.Contains(err.Error(), "1 lines heard") {
			t.Errorf("%v", err)
		}
		return l.Close()
	})
	if err != nil {
		t.Error(err)
	}
	if _, _, err := holdChat(closedAddr(t)); err == nil {
		t.Error("no error without a server")
	}
}

// closedAddr returns an address that nobody listens on.
func closedAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

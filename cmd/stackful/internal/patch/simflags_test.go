package patch

import (
	"strings"
	"testing"
)

func TestParseSim(t *testing.T) {
	a, err := parseSim(strings.Fields("-sim ./a -seeds 7 --first=3 -race -tags x,y -run A|B -all -short=false -v -allow b,c -date 2026-03-04 -ldflags=-w -p 2 -timeout 5s ./b -args -seeds x"))
	if err != nil {
		t.Fatal(err)
	}
	o := a.tests
	if strings.Join(a.build, " ") != "-race -tags x,y -ldflags=-w" || strings.Join(a.packages, " ") != "./a ./b" || strings.Join(o.Args, " ") != "-seeds x" {
		t.Errorf("got %+v", a)
	}
	if o.Seeds != 7 || o.First != 3 || o.Run != "A|B" || !o.All || o.Short || !o.Verbose || strings.Join(o.Allow, " ") != "b c" || o.Processes != 2 || o.Timeout.Seconds() != 5 || o.Date.Unix() != 1772582400 {
		t.Errorf("got %+v", o)
	}
	if a, err = parseSim(strings.Fields("-sim -seed 18446744073709551615")); err != nil || a.tests.Seeds != 1 || a.tests.First != 1<<64-1 {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, bad := range []string{"-seeds", "-seeds x", "-seeds -1", "-seed -1", "-seed 1 -seeds 2", "-seeds 2 -seed 1", "-p 0", "-timeout 0s", "-timeout x", "-all=x", "-date x", "-date 1900-01-01", "-count 3", "-bench .", "a.go"} {
		if a, err := parseSim(strings.Fields("-sim " + bad)); err == nil {
			t.Errorf("%s: %+v", bad, a)
		}
	}
}

func TestArgument(t *testing.T) {
	for _, c := range []struct{ dir, want string }{{"/m/a/b", "./b"}, {"/m/a", "."}, {"/m", "p"}, {"/m/..a", "p"}} {
		if got := argument([]string{"-C", "/m/a"}, listed{path: "p", dir: c.dir}); got != c.want {
			t.Errorf("%s: got %s, want %s", c.dir, got, c.want)
		}
	}
}

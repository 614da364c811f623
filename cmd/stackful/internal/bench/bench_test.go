package bench

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, &cli.Program{Commands: []cli.Command{Command}, Children: Children})
}

var quickly = []string{"bench", "-rounds", "2", "-slice", "200us", "-count", "300", "-live", "50"}

func TestBench(t *testing.T) {
	for _, b := range subjects {
		t.Run(b.name, func(t *testing.T) {
			out := clitest.MustRun(t, append(quickly, b.name)...)
			clitest.MustContain(t, out, b.name)
			if strings.Contains(out, "ratio") == (b.name == "gc-tasks") { // which has nothing beside it
				t.Errorf("ratios are there, or are missing:\n%s", out)
			}
			if strings.Contains(out, "target") || strings.Contains(out, "NOT met") {
				t.Errorf("it has a target:\n%s", out)
			}
		})
	}
}

func TestBench_json(t *testing.T) {
	plot := filepath.Join(t.TempDir(), "out.svg")
	out := clitest.MustRun(t, append(quickly, "-json", "-plot", plot, "switch", "create", "gc", "gc-tasks")...)
	var r Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if len(r.Results) != 4 || r.Go == "" || r.CPU == "" {
		t.Fatalf("not complete: %+v", r)
	}
	for _, result := range r.Results {
		for _, row := range result.Rows {
			if row.Value <= 0 {
				t.Errorf("%s: %s costs %v", result.Name, row.Name, row.Value)
			}
			if len(row.Rounds) != r.Rounds && result.Name != "gc-tasks" { // which has one
				t.Errorf("%s: %s has the figures of %d rounds, not of %d", result.Name, row.Name, len(row.Rounds), r.Rounds)
			}
		}
		if len(result.Ratios) == 0 && result.Name != "gc-tasks" {
			t.Errorf("%s: no ratios", result.Name)
		}
		for _, x := range result.Ratios {
			want := result.row(x.Ours).Value / result.row(x.Theirs).Value
			if x.Faster {
				want = 1 / want
			}
			if math.Abs(x.Value/want-1) > 1e-6 {
				t.Errorf("%+v, want %v", x, want)
			}
		}
	}
	checkSVG(t, plot)
}

// A result's name is an argument, too, and flags may follow.
func TestBench_names(t *testing.T) {
	printed := regexp.MustCompile(`(?m)^([a-z0-9-]+): `)
	for _, first := range []string{"many", "memory", "memory-body", "gc-tasks"} {
		out := clitest.MustRun(t, append([]string{"bench", first}, quickly[1:]...)...)
		names := printed.FindAllStringSubmatch(out, -1)
		if len(names) == 0 {
			t.Errorf("no names in\n%s", out)
		}
		for _, name := range names {
			again := clitest.MustRun(t, append(quickly, name[1])...)
			if got := printed.FindAllStringSubmatch(again, -1); len(got) != 1 || got[0][1] != name[1] {
				t.Errorf("bench %s prints %q", name[1], got)
			}
		}
	}
	for _, name := range []string{"many-", "many-x", "memory-0", "memory-body-x", "switch-7", "gc-7"} {
		if _, _, code := clitest.Run(t.Context(), "bench", name); code != cli.ExitUsage {
			t.Errorf("bench %s: exit code %d", name, code)
		}
	}
}

// A plot that cannot be written is told of before anything is measured.
func TestBench_plotChecked(t *testing.T) {
	out, errs, code := clitest.Run(t.Context(), "bench", "-rounds", "1000000", "switch", "-plot", filepath.Join(t.TempDir(), "none", "out.svg"))
	if code != cli.ExitFailed || !strings.Contains(errs, "-plot") || out != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

func TestRatio_text(t *testing.T) {
	for _, c := range []struct {
		x    Ratio
		want string
	}{
		{Ratio{Value: 8, Faster: true}, "8.00 times faster"},
		{Ratio{Value: 0.5, Faster: true}, "2.00 times slower"},
		{Ratio{Value: 0.97}, "0.97"},
	} {
		if got := c.x.text(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.x, got, c.want)
		}
	}
}

func checkSVG(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	bars := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars < 10 {
		t.Errorf("%d bars in\n%s", bars, text)
	}
}

func TestMemoryKinds(t *testing.T) {
	for _, k := range slices.Concat(memoryKinds, bodyKinds) {
		measured := 0
		if ended := k.run(10, func() { measured++ }); ended != 10 || measured != 1 {
			t.Errorf("%s: %d of 10 have ended, measured %d times", k.name, ended, measured)
		}
	}
}

// Each kind plays the same game, and its scripts end when they are ended.
func TestScriptKinds(t *testing.T) {
	want := play(scriptKinds[0], 30, 400, 0).Steps
	if want < 30*400*99/100 || want > 30*400 {
		t.Errorf("%d steps of 30 scripts in 400 frames", want)
	}
	for _, k := range scriptKinds {
		if got := play(k, 30, 20, 0).Steps; got != 30*20 {
			t.Errorf("%s: %d steps of 30 scripts in 20 frames", k.name, got)
		}
		yields, ended := 0, false
		s := k.start(func(yield func() bool) {
			defer func() { ended = true }()
			for yield() {
				yields++
			}
		})
		for range 3 {
			if !s.resume() {
				t.Errorf("%s: it has ended", k.name)
			}
		}
		if s.end(); !ended || yields != 2 {
			t.Errorf("%s: %d yields, ended %t", k.name, yields, ended)
		}
	}
}

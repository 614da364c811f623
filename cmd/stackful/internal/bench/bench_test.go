package bench

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
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
			clitest.MustContain(t, out, b.name, "ratio")
		})
	}
}

func TestBench_json(t *testing.T) {
	plot := filepath.Join(t.TempDir(), "out.svg")
	out := clitest.MustRun(t, append(quickly, "-json", "-plot", plot, "switch", "create", "gc")...)
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
		}
		if len(result.Ratios) == 0 {
			t.Errorf("%s: no ratios", result.Name)
		}
		for _, x := range result.Ratios {
			met := x.Target == 0 || x.Value >= x.Target
			if x.AtMost {
				met = x.Value <= x.Target
			}
			if x.Met != met {
				t.Errorf("%+v is wrong about its target", x)
			}
		}
	}
	checkSVG(t, plot)
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
	for _, k := range memoryKinds {
		measured := 0
		if ended := k.run(10, func() { measured++ }); ended != 10 || measured != 1 {
			t.Errorf("%s: %d of 10 have ended, measured %d times", k.name, ended, measured)
		}
	}
}

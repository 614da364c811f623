package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var quickly = []string{"bench", "-rounds", "2", "-slice", "200us", "-count", "300", "-live", "50"}

func TestBench(t *testing.T) {
	for _, b := range benches {
		t.Run(b.name, func(t *testing.T) {
			out := mustRun(t, append(quickly, b.name)...)
			mustContain(t, out, b.name, "ratio")
		})
	}
}

func TestBench_json(t *testing.T) {
	plot := filepath.Join(t.TempDir(), "out.svg")
	out := mustRun(t, append(quickly, "-json", "-plot", plot, "switch", "create", "gc")...)
	var r benchReport
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

func TestHistogram(t *testing.T) {
	var h histogram
	for v := range uint64(100_000) {
		h.add(v)
	}
	for _, c := range []struct {
		q    float64
		want uint64
	}{{0, 0}, {0.5, 50_000}, {0.99, 99_000}, {0.999, 99_900}, {1, 99_999}} {
		got := h.quantile(c.q)
		if got < c.want || float64(got) > float64(c.want)*(1+1.0/32)+1 {
			t.Errorf("quantile %v = %d, want about %d", c.q, got, c.want)
		}
	}
	for _, v := range []uint64{0, 1, 31, 32, 33, 63, 64, 1000, 1 << 40, 1<<63 + 5, 1<<64 - 1} {
		i := bucketOf(v)
		if start := bucketStart(i); start > v || i+1 < len(h.counts) && bucketStart(i+1) <= v && bucketStart(i+1) > start {
			t.Errorf("%d is in bucket %d, which begins with %d", v, i, start)
		}
	}
}

func TestText(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0): "0", thousands(999): "999", thousands(1000): "1,000", thousands(-1234567): "-1,234,567",
		digits(5.678): "5.68", digits(56.78): "56.8", digits(567.8): "568", digits(9.999): "10.0", digits(99.96): "100",
		duration(5.678): "5.68 ns", duration(1500): "1.50 µs", duration(2.5e6): "2.50 ms", duration(3e9): "3.00 s",
		plural(1, "client", "clients"): "1 client", plural(2000, "client", "clients"): "2,000 clients",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

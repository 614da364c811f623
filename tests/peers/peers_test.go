package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// faulty has the faults that the probes look for: it takes in all that comes,
// answers nobody who has hung up, and ends when it cannot accept.
var faulty = server{name: "faulty", extra: true, run: func(ready func(addr string)) error {
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	ready(l.Addr().String())
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			io.ReadAll(c)
		}()
	}
}}

// The test binary is its own child, as the program is.
func TestMain(m *testing.M) {
	servers = append(servers, faulty)
	if len(os.Args) > 1 && children[os.Args[1]] != nil {
		main()
		return
	}
	os.Exit(m.Run())
}

// Every server answers every client, and its use of the processor is seen.
func TestServers(t *testing.T) {
	for _, s := range servers {
		if s.name == faulty.name {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			for _, n := range []int{1, 100} {
				var r series
				if err := r.measure(options{duration: 20 * time.Millisecond}, s.name, n); err != nil {
					t.Fatal(err)
				}
				if r.rate[0] < 10 || r.cpu[0] < 100 || r.cpu[0] > 1e7 || r.p50[0] <= 0 || r.p99[0] < r.p50[0] {
					t.Errorf("%d connections: %+v", n, r)
				}
			}
		})
	}
}

// Package poller behaves; and the probes see what does not.
func TestProbes(t *testing.T) {
	for _, c := range []struct {
		server               string
		half, whole, answers string
	}{
		{"poller", "200/200", "yes", "80/80"},
		{"net", "200/200", "yes", "80/80"},
		{"faulty", "0/200", "NO", ""},
	} {
		half, err := probeHalfClose(options{}, c.server)
		if half != c.half || err != nil {
			t.Errorf("%s: half-close: %s, %v", c.server, half, err)
		}
		taken, grown, whole, err := probeSlowReader(options{}, c.server)
		if !strings.HasPrefix(whole, c.whole) || err != nil {
			t.Errorf("%s: slow reader: %s, %v", c.server, whole, err)
		}
		if c.whole == "yes" && (taken > 16e6 || grown > 4e6) {
			t.Errorf("%s: it takes in %d bytes, and grows by %d", c.server, taken, grown)
		}
		busy, answers, err := probeDescriptors(options{}, c.server)
		if answers != c.answers || (answers == "") != errors.Is(err, errEnded) {
			t.Errorf("%s: no descriptors: CPU %s, answered %s, %v", c.server, busy, answers, err)
		}
	}
}

func TestMemoryPer(t *testing.T) {
	const n = 500
	m, processes, err := memoryPer(options{}, "net", n)
	if err != nil || processes != 1 {
		t.Fatal(processes, err)
	}
	if m.Stacks < 2000 || m.Heap < bufferSize || m.All < m.Stacks || m.All > 1<<15 {
		t.Errorf("each of %d connections: %+v", n, m)
	}
}

func TestReport(t *testing.T) {
	var out strings.Builder
	o := options{rounds: 2, duration: 5 * time.Millisecond, sizes: []int{1, 3}, servers: []string{"epoll", "poller", "net"}}
	for _, stage := range []func(io.Writer, options) error{compareEcho, compareHTTP} {
		if err := stage(&out, o); err != nil {
			t.Fatal(err)
		}
	}
	writeHead(&out, o)
	for _, want := range []string{"| 3 connections ", "\n| poller ", "CPU, 3 connections, poller/epoll", "sleeps a request, 1 connection, poller",
		"\n| fasthttp-poller ", "github.com/valyala/fasthttp", "| kernel "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0: time.Microsecond, 0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond} {
		if got := h.quantile(q); got > want+time.Microsecond || got < want-want/16 {
			t.Errorf("quantile %v of 1 to 1000 µs: %v", q, got)
		}
	}
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Error("median of 3:", m)
	}
	if m := median([]float64{5, 1, 3, 4}); m != 3.5 {
		t.Error("median of 4:", m)
	}
}

// What -json writes has a figure for each round.
func TestWriteJSON(t *testing.T) {
	o := options{rounds: 2, duration: 20 * time.Millisecond, sizes: []int{3}, servers: []string{"poller", "net"}, json: filepath.Join(t.TempDir(), "record.json")}
	if err := compareEcho(io.Discard, o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.json)
	if err != nil {
		t.Fatal(err)
	}
	var records []echoRecord
	if err := json.Unmarshal(text, &records); err != nil {
		t.Fatal(err)
	}
	if len(records) != 2 || records[0].Server != "poller" || records[0].Connections != 3 || records[1].Server != "net" {
		t.Fatalf("%+v", records)
	}
	for _, r := range records {
		for _, figures := range [][]float64{r.CPU, r.Rate, r.P50, r.P99} {
			if len(figures) != 2 || figures[0] <= 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}

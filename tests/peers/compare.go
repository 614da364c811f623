package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// A series is what one server did in all rounds with one number of connections.
type series struct {
	cpu, rate, p50, p99, sleeps []float64 // ns, 1/s, ns, ns, 1; a request
}

// results are series by size and server.
type results map[int]map[string]*series

// compareRounds has the servers take turns, and returns what they did.
func compareRounds(o options, sizes []int, names []string) (results, error) {
	r := make(results)
	for _, n := range sizes {
		r[n] = make(map[string]*series)
		for _, name := range names {
			r[n][name] = new(series)
		}
	}
	for round := range o.rounds {
		for _, n := range sizes {
			fmt.Fprintf(os.Stderr, "round %d of %d, %d connections\n", round+1, o.rounds, n)
			for i := range names {
				name := names[(i+round)%len(names)] // who begins changes
				if err := r[n][name].measure(o, name, n); err != nil {
					return nil, err
				}
			}
		}
	}
	return r, nil
}

// measure adds one round, with a new server.
func (s *series) measure(o options, name string, n int) error {
	server, err := startServer(o, name)
	if err != nil {
		return err
	}
	clients, err := startClients(server.addr, n, 1, o.duration, serverCalled(name).http)
	if err != nil {
		return err
	}
	before, err := server.usage("")
	if err != nil {
		return err
	}
	var l loadResult
	if err := clients.ask("go", &l); err != nil {
		return err
	}
	after, err := server.usage("")
	if err != nil {
		return err
	}
	if err := clients.stop(); err != nil {
		return err
	}
	if err := server.stop(); err != nil {
		return err
	}
	requests := float64(l.Requests)
	s.cpu = append(s.cpu, float64(after.CPU-before.CPU)/requests)
	s.sleeps = append(s.sleeps, float64(after.Sleeps-before.Sleeps)/requests)
	s.rate = append(s.rate, requests/l.Elapsed.Seconds())
	s.p50 = append(s.p50, float64(l.P50))
	s.p99 = append(s.p99, float64(l.P99))
	return nil
}

// startClients starts n clients and waits until each has had a reply.
func startClients(addr string, n, from int, d time.Duration, http bool) (*child, error) {
	c, err := start(1, "load", "-addr", addr, "-n", fmt.Sprint(n), "-from", fmt.Sprint(from), "-d", d.String(), fmt.Sprintf("-http=%v", http))
	if err != nil {
		return nil, err
	}
	var ready string
	return c, c.read(&ready)
}

// ratio returns the median of the ratios of two servers in the same round.
func ratio(a, b []float64) float64 {
	var rs []float64
	for i := range min(len(a), len(b)) {
		rs = append(rs, a[i]/b[i])
	}
	return median(rs)
}

const floor = "epoll"

func compareEcho(w io.Writer, o options) error {
	r, err := compareRounds(o, o.sizes, o.servers)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n## Echo of %d bytes, each connection one request at a time\n", requestSize)
	for _, n := range o.sizes {
		t := table{}
		t.row(fmt.Sprintf("%s connections", thousands(n)), "requests/s", "server CPU, µs a request", "least", "times "+floor, "p50 ms", "p99 ms", "sleeps a request")
		for _, name := range o.servers {
			s := r[n][name]
			times := "-"
			if base := r[n][floor]; base != nil {
				times = fmt.Sprintf("%.2f", ratio(s.cpu, base.cpu))
			}
			t.row(name, thousands(int(median(s.rate))), fmt.Sprintf("%.2f", median(s.cpu)/1e3), fmt.Sprintf("%.2f", least(s.cpu)/1e3), times,
				fmt.Sprintf("%.3f", median(s.p50)/1e6), fmt.Sprintf("%.3f", median(s.p99)/1e6), fmt.Sprintf("%.3f", median(s.sleeps)))
		}
		t.write(w)
	}
	writeTargets(w, r, o.sizes)
	if o.json != "" {
		return r.writeJSON(o)
	}
	return nil
}

// An echoRecord is what one server did with one number of connections: a figure for each round.
type echoRecord struct {
	Server      string    `json:"server"`
	Connections int       `json:"connections"`
	CPU         []float64 `json:"cpu_ns"` // of the server, for a request
	Rate        []float64 `json:"requests_per_second"`
	P50         []float64 `json:"p50_ns"`
	P99         []float64 `json:"p99_ns"`
}

// writeJSON writes the results for programs.
func (r results) writeJSON(o options) error {
	var records []echoRecord
	for _, n := range o.sizes {
		for _, name := range o.servers {
			s := r[n][name]
			records = append(records, echoRecord{name, n, s.cpu, s.rate, s.p50, s.p99})
		}
	}
	text, err := json.MarshalIndent(records, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o644)
}

// writeTargets says what package poller is meant to be, and whether it is.
func writeTargets(w io.Writer, r results, sizes []int) {
	t := table{}
	t.row("target", "ratio", "wanted", "")
	for _, n := range sizes {
		ours := r[n]["poller"]
		if ours == nil {
			return
		}
		limits := map[string]float64{floor: 1.15, "net": 1, "netpoll": 1}
		if n <= 500 {
			limits[floor] = 1.08
		}
		for _, rival := range []string{floor, "net", "netpoll"} {
			theirs := r[n][rival]
			if theirs == nil || rival == floor && n == 1 {
				continue
			}
			t.target(fmt.Sprintf("CPU, %s connections, poller/%s", thousands(n), rival), ratio(ours.cpu, theirs.cpu), limits[rival])
			if rival != floor {
				t.target(fmt.Sprintf("p50, %s connections, poller/%s", thousands(n), rival), ratio(ours.p50, theirs.p50), 1)
				t.target(fmt.Sprintf("p99, %s connections, poller/%s", thousands(n), rival), ratio(ours.p99, theirs.p99), 1)
			}
		}
		if n == 1 {
			t.target("sleeps a request, 1 connection, poller", median(ours.sleeps), 1.05)
		}
	}
	t.write(w)
}

func compareHTTP(w io.Writer, o options) error {
	const n = 500
	names := []string{"fasthttp-poller", "fasthttp-net"}
	r, err := compareRounds(o, []int{n}, names)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n## HTTP by fasthttp's ServeConn, %d connections, one request at a time\n", n)
	t := table{}
	t.row("", "requests/s", "server CPU, µs a request", "p50 ms", "p99 ms")
	for _, name := range names {
		s := r[n][name]
		t.row(name, thousands(int(median(s.rate))), fmt.Sprintf("%.2f", median(s.cpu)/1e3), fmt.Sprintf("%.3f", median(s.p50)/1e6), fmt.Sprintf("%.3f", median(s.p99)/1e6))
	}
	t.write(w)
	ours, theirs := r[n][names[0]], r[n][names[1]]
	t = table{}
	t.row("target", "ratio", "wanted", "")
	t.target("CPU, poller/net", ratio(ours.cpu, theirs.cpu), 1)
	t.target("time a request, poller/net", ratio(theirs.rate, ours.rate), 1)
	t.write(w)
	return nil
}

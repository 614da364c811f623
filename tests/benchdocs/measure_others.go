package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// measureEcho runs the servers of tests/peers, a module of its own.
func measureEcho(m *measurement) (Picture, error) {
	p := m.picture("echo")
	p.Rounds = m.rounds(7)
	const size = 500
	p.Command = fmt.Sprintf("cd tests/peers && go run . -stages cpu -sizes %d", size)
	peers, record := filepath.Join(m.work, "peers"), filepath.Join(m.work, "peers.json")
	if _, err := m.runIn(filepath.Join(m.root, "tests", "peers"), "go", "build", "-o", peers, "."); err != nil {
		return p, err
	}
	if _, err := m.run(peers, "-stages", "cpu", "-sizes", fmt.Sprint(size), "-rounds", fmt.Sprint(p.Rounds), "-d", "500ms", "-json", record); err != nil {
		return p, err
	}
	var records []struct {
		Server string    `json:"server"`
		CPU    []float64 `json:"cpu_ns"`
		Rate   []float64 `json:"requests_per_second"`
		P99    []float64 `json:"p99_ns"`
	}
	if err := readJSON(record, &records); err != nil {
		return p, err
	}
	var cpu, rate, p99 Group
	for _, r := range records {
		row := Row{Name: r.Server, Ours: strings.HasPrefix(r.Server, "poller")}
		if r.Server == "epoll" {
			row.Name = "epoll, no coroutines"
		}
		with := func(rounds []float64) Row { row.Rounds = rounds; return row }
		cpu.Rows, rate.Rows, p99.Rows = append(cpu.Rows, with(r.CPU)), append(rate.Rows, with(r.Rate)), append(p99.Rows, with(r.P99))
	}
	for _, g := range []Group{cpu, rate, p99} { // ours first
		if at := slices.IndexFunc(g.Rows, func(r Row) bool { return r.Ours }); at > 0 {
			ours := g.Rows[at]
			copy(g.Rows[1:at+1], g.Rows[:at])
			g.Rows[0] = ours
		}
	}
	p.Panels = []Panel{
		{Title: "Processor time of the server for a request", Unit: "ns", Groups: []Group{cpu}},
		{Title: "Requests in a second", Unit: "requests/s", More: true, Groups: []Group{rate}},
		{Title: "p99 of the time until the reply", Unit: "ns", Groups: []Group{p99}},
	}
	return p, nil
}

// measureTasks runs benchmarks of package poller that measure ours and theirs in turn, several times.
func measureTasks(m *measurement) (Picture, error) {
	p := m.picture("tasks")
	p.Rounds = m.rounds(5)
	p.Command = "go test -run '^$' -bench 'RatioSpawnJoin|RatioChan$|RatioMutex$|RatioYield' -benchtime 1x ./poller"
	out, err := m.run("go", "test", "-run", "^$", "-bench", "RatioSpawnJoin|RatioChan$|RatioMutex$|RatioYield", "-benchtime", "1x",
		"-count", fmt.Sprint(p.Rounds), "./poller")
	if err != nil {
		return p, err
	}
	panel := Panel{Title: "One of them", Unit: "ns"}
	for _, b := range []struct{ name, title, ours, theirs string }{
		{"SpawnJoin", "start one and wait for its end", "poller.Go, Join", "go, WaitGroup.Wait"},
		{"Chan", "a value to another one, unbuffered", "poller.Chan", "chan between goroutines"},
		{"Mutex", "a lock that passes from one to another", "poller.Mutex", "sync.Mutex between goroutines"},
		{"Yield", "let another one run", "poller.Yield", "runtime.Gosched"},
	} {
		ours, theirs := Row{Name: b.ours, Ours: true}, Row{Name: b.theirs}
		lines := regexp.MustCompile(`(?m)^BenchmarkRatio`+b.name+`\S*\s.* ([0-9.]+) ours-ns\s+([0-9.]+) theirs-ns`).FindAllSubmatch(out, -1)
		for _, line := range lines {
			for i, row := range []*Row{&ours, &theirs} {
				v, err := strconv.ParseFloat(string(line[i+1]), 64)
				if err != nil {
					return p, err
				}
				row.Rounds = append(row.Rounds, v)
			}
		}
		panel.Groups = append(panel.Groups, Group{Title: b.title, Rows: []Row{ours, theirs}})
	}
	p.Panels = []Panel{panel}
	return p, nil
}

// measurePatched runs tests/patch/measure.sh.
func measurePatched(m *measurement) (Picture, error) {
	p := m.picture("patched")
	p.Rounds = m.rounds(5)
	p.Command = "tests/patch/measure.sh"
	record := filepath.Join(m.work, "measure.json")
	if _, err := m.run(filepath.Join(m.root, "tests", "patch", "measure.sh"), "-rounds", fmt.Sprint(p.Rounds), "-d", "500ms", "-json", record); err != nil {
		return p, err
	}
	var r struct {
		CPU  map[string][]float64 `json:"echo_cpu_ns"`
		Hops map[string][]float64 `json:"hop_cpu_ns"`
	}
	if err := readJSON(record, &r); err != nil {
		return p, err
	}
	const unpatched = "unpatched, goroutines"
	echo := Group{Rows: []Row{
		{Name: "patched, tasks", Ours: true, Rounds: r.CPU["patched std, tasks"]},
		{Name: "poller's own, tasks, unpatched", Ours: true, Rounds: r.CPU["poller's own, tasks"]},
		{Name: unpatched, Rounds: r.CPU["std, goroutines"]},
		{Name: "patched, goroutines", Rounds: r.CPU["patched std, goroutines"]},
	}}
	hops := Panel{Title: "Processor time of what passes from one waiter to another", Unit: "ns"}
	for _, what := range []string{"channel, unbuffered", "sync.Cond", "sync.Mutex, contended", "next of iter.Pull"} {
		g := Group{Title: what}
		for _, kind := range []string{"patched, tasks", unpatched, "patched, goroutines"} {
			g.Rows = append(g.Rows, Row{Name: kind, Ours: strings.HasSuffix(kind, "tasks"), Rounds: r.Hops[kind+": "+what]})
		}
		hops.Groups = append(hops.Groups, g)
	}
	p.Panels = []Panel{{Title: "Processor time of an echo server for a request, 500 connections", Unit: "ns", Groups: []Group{echo}}, hops}
	return p, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

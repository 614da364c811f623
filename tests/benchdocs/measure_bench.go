package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A benchReport is what is used of the JSON of `stackful bench`.
type benchReport struct {
	Rounds  int           `json:"rounds"`
	Results []benchResult `json:"results"`
}

type benchResult struct {
	Name  string     `json:"name"`
	About string     `json:"about"`
	Unit  string     `json:"unit"`
	Rows  []benchRow `json:"rows"`
}

type benchRow struct {
	Name   string    `json:"name"`
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds"`
	More   []struct {
		Name   string    `json:"name"`
		Unit   string    `json:"unit"`
		Value  float64   `json:"value"`
		Rounds []float64 `json:"rounds"`
	} `json:"more"`
}

// bench runs `stackful bench -json` with these arguments and returns the results.
func (m *measurement) bench(rounds int, args ...string) (r benchReport, err error) {
	out, err := m.run("go", append([]string{"run", "./cmd/stackful", "bench", "-json", "-rounds", fmt.Sprint(rounds)}, args...)...)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// row returns the row of that name.
func (r *benchResult) row(name string) (Row, error) {
	for _, row := range r.Rows {
		if row.Name == name {
			return Row{Name: name, Ours: isOurs(name), Rounds: row.Rounds}, nil
		}
	}
	return Row{}, fmt.Errorf("bench %s has no %q", r.Name, name)
}

// group returns the group of these rows.
func (r *benchResult) group(title string, names ...string) (g Group, err error) {
	g.Title = title
	for _, name := range names {
		row, err := r.row(name)
		if err != nil {
			return g, err
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

func isOurs(name string) bool {
	for _, prefix := range []string{"coro.", "stackful.", "Stack."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Short turns, and many of them: most are not interrupted by what else the machine does, and so the medians
// are not.
const (
	manyRounds = 51
	shortly    = "1ms"
)

func measureSwitch(m *measurement) (Picture, error) {
	p := m.picture("switch")
	p.Command = "stackful bench -slice 1ms -rounds 51 switch"
	r, err := m.bench(m.rounds(manyRounds), "-slice", shortly, "switch")
	if err != nil {
		return p, err
	}
	p.Rounds = r.Rounds
	var names []string
	for _, row := range r.Results[0].Rows {
		names = append(names, row.Name)
	}
	g, err := r.Results[0].group("", names...)
	p.Panels = []Panel{{Title: "One switch", Unit: "ns", Groups: []Group{g}}}
	return p, err
}

func measureGenerators(m *measurement) (Picture, error) {
	p := m.picture("generators")
	p.Command = "stackful bench -slice 1ms -rounds 51 pull"
	r, err := m.bench(m.rounds(manyRounds), "-slice", shortly, "pull")
	if err != nil {
		return p, err
	}
	p.Rounds = r.Rounds
	panel := Panel{Title: "next() by the kind of the value", Unit: "ns"}
	for _, row := range r.Results[0].Rows {
		kind, ours := strings.CutPrefix(row.Name, "coro.Pull, ")
		if !ours {
			continue
		}
		g, err := r.Results[0].group("", row.Name, "iter.Pull, "+kind)
		if err != nil {
			return p, err
		}
		panel.Groups = append(panel.Groups, g)
	}
	p.Panels = []Panel{panel}
	return p, nil
}

func measureLives(m *measurement) (Picture, error) {
	p := m.picture("lives")
	p.Command = "stackful bench -slice 1ms -rounds 51 create throw"
	r, err := m.bench(m.rounds(manyRounds), "-slice", shortly, "create", "throw")
	if err != nil {
		return p, err
	}
	p.Rounds = r.Rounds
	create, throw := &r.Results[0], &r.Results[1]
	const goWait = "go and WaitGroup.Wait"
	whole, err1 := create.group("", "coro.New", "stackful.New", "Stack.Init, used again", goWait)
	pull, err2 := create.group("", "coro.Pull of one value", "iter.Pull of one value")
	thrown, err3 := throw.group("", "coro.New, Switch, Throw", "go, panic, recover, Wait")
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return p, err
		}
	}
	p.Panels = []Panel{
		{Title: "Make one, run it, have it end", Unit: "ns", Groups: []Group{whole, pull}},
		{Title: "Make one with a deferred call pending, end it by an exception", Unit: "ns", Groups: []Group{thrown}},
	}
	return p, nil
}

// measureMemory runs bench several times: a process has one figure.
func measureMemory(m *measurement) (Picture, error) {
	p := m.picture("memory")
	p.Command = "stackful bench memory memory-body"
	p.Rounds = m.rounds(3)
	p.Panels = []Panel{{Title: "A bare body", Unit: "bytes"}, {Title: "A body that has decoded JSON", Unit: "bytes"}}
	for range p.Rounds {
		r, err := m.bench(1, "memory", "memory-body")
		if err != nil {
			return p, err
		}
		for i := range p.Panels {
			for _, row := range r.Results[i].Rows {
				p.Panels[i].add("", row.Name, row.Value)
			}
		}
	}
	return p, nil
}

// measureGame runs bench several times: a process plays one game.
func measureGame(m *measurement) (Picture, error) {
	p := m.picture("game")
	p.Command = "stackful bench game"
	p.Rounds = m.rounds(3)
	p.Panels = []Panel{
		{Title: "A frame", Unit: "ns", Log: true},
		{Title: "Percent of the frames that take no more than 16.7 ms", More: true},
		{Title: "All stacks of the process", Unit: "bytes"},
	}
	for range p.Rounds {
		r, err := m.bench(m.rounds(11), "game")
		if err != nil {
			return p, err
		}
		for _, row := range r.Results[0].Rows {
			p.Panels[0].add("median", row.Name, row.Value)
			for _, f := range row.More {
				switch f.Unit {
				case "":
					p.Panels[0].add(f.Name, row.Name, f.Value)
				case "%":
					p.Panels[1].add("", row.Name, f.Value)
				case "bytes":
					p.Panels[2].add(f.Name, row.Name, f.Value)
				}
			}
		}
	}
	return p, nil
}

// add adds what was measured in a round to a row, which it makes if it is the first.
func (p *Panel) add(group, name string, v float64) {
	g := slices.IndexFunc(p.Groups, func(g Group) bool { return g.Title == group })
	if g < 0 {
		g = len(p.Groups)
		p.Groups = append(p.Groups, Group{Title: group})
	}
	rows := &p.Groups[g].Rows
	r := slices.IndexFunc(*rows, func(r Row) bool { return r.Name == name })
	if r < 0 {
		r = len(*rows)
		*rows = append(*rows, Row{Name: name, Ours: isOurs(name)})
	}
	(*rows)[r].Rounds = append((*rows)[r].Rounds, v)
}

func measureTails(m *measurement) (Picture, error) {
	p := m.picture("tails")
	p.Command = "stackful bench gc"
	r, err := m.bench(m.rounds(11), "gc")
	if err != nil {
		return p, err
	}
	p.Rounds = r.Rounds
	result := r.Results[0]
	panel := Panel{Title: "How long one takes", Unit: "ns", Log: true}
	var titles []string
	for _, f := range result.Rows[0].More {
		titles = append(titles, f.Name)
	}
	for i, title := range titles {
		g := Group{Title: title}
		for _, row := range result.Rows {
			f := row.More[i]
			g.Rows = append(g.Rows, Row{Name: row.Name, Ours: isOurs(row.Name), Rounds: f.Rounds, Whole: f.Value})
		}
		panel.Groups = append(panel.Groups, g)
	}
	longest := Group{Title: "max"}
	for _, row := range result.Rows {
		longest.Rows = append(longest.Rows, Row{Name: row.Name, Ours: isOurs(row.Name), Rounds: row.Rounds, Whole: slices.Max(row.Rounds)})
	}
	panel.Groups = append(panel.Groups, longest)
	p.Panels = []Panel{panel}
	return p, nil
}

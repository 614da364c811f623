package debug_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// An event is one of Chrome's trace format.
type event struct {
	Ph, Name, Cat, Bp, S string
	Pid, Tid             uint64
	Ts, Dur              float64
	ID                   int
	Args                 map[string]string
}

func (e event) end() float64 { return e.Ts + e.Dur }

// A thread is the events of one task.
type thread struct {
	name  string
	spans []event
}

// parse reads a timeline, and checks what all timelines have in common. It returns the tasks by name.
func parse(t *testing.T, data []byte) map[string]*thread {
	t.Helper()
	var all []event
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	checkReadable(t, data)
	type id struct{ pid, tid uint64 }
	threads := make(map[id]*thread)
	of := func(e event) *thread {
		if threads[id{e.Pid, e.Tid}] == nil {
			threads[id{e.Pid, e.Tid}] = &thread{}
		}
		return threads[id{e.Pid, e.Tid}]
	}
	processes := make(map[uint64]bool)
	for _, e := range all {
		switch {
		case e.Ph == "M" && e.Name == "process_name":
			processes[e.Pid] = true
		case e.Ph == "M":
			of(e).name = e.Args["name"]
		case e.Ph == "X":
			of(e).spans = append(of(e).spans, e)
		}
	}
	const close = 0.0011 // microseconds; instants are rounded down to thousandths
	for id, thread := range threads {
		if !processes[id.pid] || thread.name == "" {
			t.Errorf("no name of %v", id)
		}
		slices.SortStableFunc(thread.spans, func(a, b event) int { return cmp.Compare(a.Ts, b.Ts) })
		for i, e := range thread.spans {
			if e.Ts < 0 || e.Dur < 0 || i > 0 && e.Ts < thread.spans[i-1].end()-close {
				t.Errorf("%s: %+v after %+v", thread.name, e, thread.spans[max(i-1, 0)])
			}
		}
	}
	starts := make(map[int]event)
	for _, e := range all {
		if e.Ph != "s" && e.Ph != "f" {
			continue
		}
		inSpan := slices.ContainsFunc(of(e).spans, func(x event) bool {
			return x.Name == "running" && x.Ts-close <= e.Ts && e.Ts <= x.end()+close
		})
		if !inSpan {
			t.Errorf("%+v is in no span of %s", e, of(e).name)
		}
		if e.Ph == "s" {
			starts[e.ID] = e
		} else if starts[e.ID].Ts > e.Ts || starts[e.ID].ID != e.ID || e.Bp != "e" {
			t.Errorf("%+v has begun with %+v", e, starts[e.ID])
		}
	}
	byName := make(map[string]*thread)
	for _, thread := range threads {
		name, _, _ := strings.Cut(thread.name, ",")
		byName[name] = thread
	}
	return byName
}

// names returns the spans of a thread in short, with what has ended a wait.
func (t *thread) names() (names []string) {
	for _, e := range t.spans {
		name := e.Name
		if by := e.Args["woken_by"]; by != "" {
			name += " by " + by
		}
		names = append(names, name)
	}
	return names
}

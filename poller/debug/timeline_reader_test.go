package debug_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
)

// A reader imports a timeline by the rules of Perfetto's trace_processor, of which it is a model (its
// importers of JSON, its sorter, slice_tracker.cc and flow_tracker.cc), as that program itself is not to be had where
// the tests run. What trace_processor would count as an error, or leave out, is an error here.
type reader struct {
	t       *testing.T
	slices  map[place][]*slice // the stack of open ones
	flows   map[float64]*slice // by id, where each begins
	ended   map[float64]bool
	arrows  []string // the names of the slices that flows connect
	perTID  map[float64]string
	perBoth map[place]string
}

// A place is a thread: a pid and a tid.
type place struct{ pid, tid float64 }

type slice struct {
	name    string
	ts, dur int64
}

// required are the fields of each kind of event; others are not allowed, but for optional.
var required = map[string][]string{
	"X": {"cat", "dur"},
	"M": {"args"},
	"s": {"cat", "id"},
	"f": {"cat", "id", "bp"},
	"i": {"s"},
}

var optional = map[string]string{"X": "args"}

// checkReadable reads a timeline as Perfetto does, and checks that each arrow leads from a span
// "running" to another one.
func checkReadable(t *testing.T, data []byte) {
	t.Helper()
	var events []map[string]any
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		checkFields(t, e)
	}
	// Of events of one instant those that span time come first, the longest before the others; then in
	// the order of the file.
	key := func(e map[string]any) int64 {
		if e["ph"] == "X" {
			return -nanoseconds(t, e, "dur")
		}
		return 0
	}
	inOrder := slices.Clone(events)
	slices.SortStableFunc(inOrder, func(a, b map[string]any) int {
		return cmp.Or(cmp.Compare(nanoseconds(t, a, "ts"), nanoseconds(t, b, "ts")), cmp.Compare(key(a), key(b)))
	})
	// Older ones sort by the instant only.
	byTime := slices.Clone(events)
	slices.SortStableFunc(byTime, func(a, b map[string]any) int {
		return cmp.Compare(nanoseconds(t, a, "ts"), nanoseconds(t, b, "ts"))
	})
	for _, order := range [][]map[string]any{inOrder, byTime} {
		r := &reader{t: t, slices: map[place][]*slice{}, flows: map[float64]*slice{}, ended: map[float64]bool{},
			perTID: map[float64]string{}, perBoth: map[place]string{}}
		for _, e := range order {
			r.read(e)
		}
		// Some find the thread of a name by its tid alone.
		for at, name := range r.perBoth {
			if at.tid != 0 && r.perTID[at.tid] != name {
				t.Errorf("the thread %v has the names %q and %q", at, name, r.perTID[at.tid])
			}
		}
		for _, a := range r.arrows {
			if a != "running -> running" {
				t.Errorf("an arrow %s", a)
			}
		}
	}
}

// checkFields checks that an event has all fields of its kind, of the right types, and no others.
func checkFields(t *testing.T, e map[string]any) {
	t.Helper()
	ph, _ := e["ph"].(string)
	fields, ok := required[ph]
	if !ok {
		t.Errorf("an event of no known kind: %v", e)
		return
	}
	want := append([]string{"ph", "pid", "tid", "ts", "name"}, fields...)
	for name, v := range e {
		if !slices.Contains(want, name) && optional[ph] != name {
			t.Errorf("the field %s of %v", name, e)
		}
		number, isNumber := v.(float64)
		text, isText := v.(string)
		switch name {
		case "pid", "tid", "id":
			ok = isNumber && number == math.Trunc(number) && number >= 0 && number <= math.MaxUint32
		case "ts", "dur":
			ok = isNumber && number >= 0
		case "args":
			_, ok = v.(map[string]any)
		case "bp":
			ok = text == "e"
		case "s":
			ok = text == "g"
		default:
			ok = isText && text != ""
		}
		if !ok {
			t.Errorf("%s is %v in %v", name, v, e)
		}
	}
	for _, name := range want {
		if _, ok := e[name]; !ok {
			t.Errorf("no %s in %v", name, e)
		}
	}
}

// nanoseconds returns a time, which is in microseconds, exactly.
func nanoseconds(t *testing.T, e map[string]any, field string) int64 {
	us, _ := e[field].(float64)
	n := math.Round(us * 1000)
	if math.Abs(us*1000-n) > 0.01 {
		t.Errorf("%s of %v is no whole number of nanoseconds", field, e)
	}
	return int64(n)
}

func (r *reader) read(e map[string]any) {
	r.t.Helper()
	at := place{e["pid"].(float64), e["tid"].(float64)}
	ts := nanoseconds(r.t, e, "ts")
	switch e["ph"] {
	case "M":
		if e["name"] == "thread_name" {
			name := fmt.Sprint(e["args"].(map[string]any)["name"])
			r.perTID[at.tid], r.perBoth[at] = name, name
		}
	case "X":
		r.begin(at, &slice{e["name"].(string), ts, nanoseconds(r.t, e, "dur")})
	case "s":
		id := e["id"].(float64)
		if r.flows[id] != nil {
			r.t.Errorf("flow_duplicate_id: %v", e)
		}
		r.flows[id] = r.top(at, e, ts)
	case "f":
		id := e["id"].(float64)
		from, to := r.flows[id], r.top(at, e, ts)
		switch {
		case from == nil:
			r.t.Errorf("flow_end_without_start: %v", e)
		case r.ended[id]:
			r.t.Errorf("a flow ends twice: %v", e)
		case to != nil:
			r.arrows = append(r.arrows, from.name+" -> "+to.name)
		}
		r.ended[id] = true
	}
}

// begin closes the slices of a thread that have ended, and begins s, which must lie within those that are left.
func (r *reader) begin(at place, s *slice) {
	r.t.Helper()
	stack := r.slices[at]
	for len(stack) > 0 {
		last := stack[len(stack)-1]
		end := last.ts + last.dur
		if end > s.ts || end == s.ts && last.dur == 0 && s.dur == 0 {
			break
		}
		stack = stack[:len(stack)-1]
	}
	for _, o := range stack {
		if end := o.ts + o.dur; s.ts < end && s.ts+s.dur > end {
			r.t.Errorf("slice_drop_overlapping_complete_event: %v in %v", *s, *o)
		}
	}
	r.slices[at] = append(stack, s)
}

// top returns the slice of a thread to which a flow's end at the instant ts is bound.
func (r *reader) top(at place, e map[string]any, ts int64) *slice {
	r.t.Helper()
	stack := r.slices[at]
	if len(stack) == 0 {
		r.t.Errorf("flow_no_enclosing_slice: %v", e)
		return nil
	}
	s := stack[len(stack)-1]
	if ts < s.ts || ts > s.ts+s.dur {
		r.t.Errorf("the flow's end %v is not in %v", e, *s)
	}
	return s
}

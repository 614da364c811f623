// Package timeline writes what tasks do in the trace event format of Chrome, for packages debug and patch/sim. It is
// above package sched, whose steps it writes. Read on in debug's record.go, which collects them from hubs that run, and in
// sched's virtual_observe.go, which does for a simulation.
package timeline

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Timeline turns steps into events of Chrome's trace format: "X" is a span, "M" the name of a
// process or thread, "s" and "f" are the two ends of an arrow, "i" is a note. Its size is bounded by
// the number of living tasks. One goroutine uses it.
type Timeline struct {
	w     io.Writer
	out   []byte // is still to be written
	count int    // of events
	err   error
	begun int64 // instant 0 of the timeline
	arrow int64 // the last one's number
	lost  int64 // steps, as far as that is noted
	last  int64 // instant of the last step
	hubs  map[*sched.Hub]*process
	begin uint64 // process.base of the next hub

	Title string // of the hubs; if it is empty, each is named for its number and its goroutine
}

// A process is a hub.
type process struct {
	hub    *sched.Hub
	base   uint64 // is added to the ids of tasks: some readers take it that the id of a thread is that of one process only
	tracks map[*sched.Task]*track
}

// hubIDs is how many ids of threads a hub has for itself.
const hubIDs = 1_000_000

// A track is a task, and its span that has begun.
type track struct {
	name  string
	code  uintptr        // Step.Code
	kind  sched.StepKind // of the step that began the span
	since int64
	why   string // of a wait
	by    string // what ended the wait before; empty if a task did
	arrow int64  // that ends with the next span "running"; 0 if there is none

	// Of a span "running". Both are written behind it: some readers bind an arrow's end to the last span
	// that they have seen begin, and of two events at one instant see that first which stands first.
	ends   int64 // the arrow that ends with it
	starts []arrow
}

// An arrow is one that starts at an instant.
type arrow struct{ number, at int64 }

// New returns a timeline that begins at the instant begun, and is written to w.
func New(w io.Writer, begun int64) *Timeline {
	return &Timeline{w: w, begun: begun, last: begun, hubs: make(map[*sched.Hub]*process)}
}

// flushAt is how many bytes are written at once.
const flushAt = 64 << 10

// flush writes out, if it is long enough or must be.
func (t *Timeline) flush(must bool) {
	if !must && len(t.out) < flushAt {
		return
	}
	if t.err == nil {
		_, t.err = t.w.Write(t.out)
	}
	t.out = t.out[:0]
}

// event begins an event of a task, nil for the hub. The caller appends its other
// fields, each with a comma before it, and a brace.
func (t *Timeline) event(ph string, p *process, task *sched.Task, at int64) {
	t.flush(false)
	if t.count++; t.count == 1 {
		t.out = append(t.out, '[')
	} else {
		t.out = append(t.out, ',')
	}
	t.text("\n{\"ph\":\"", ph, "\",\"pid\":")
	t.out = strconv.AppendUint(t.out, p.hub.ID, 10)
	t.text(",\"tid\":")
	tid := p.base
	if task != nil {
		tid += task.ID
	}
	t.out = strconv.AppendUint(t.out, tid, 10)
	t.text(",\"ts\":")
	t.time(max(at-t.begun, 0))
}

func (t *Timeline) text(parts ...string) {
	for _, s := range parts {
		t.out = append(t.out, s...)
	}
}

// time appends nanoseconds as microseconds.
func (t *Timeline) time(d int64) {
	t.out = strconv.AppendInt(t.out, d/1000, 10)
	d %= 1000
	t.out = append(t.out, '.', byte('0'+d/100), byte('0'+d/10%10), byte('0'+d%10))
}

// quoted appends s as a string of JSON.
func (t *Timeline) quoted(s string) {
	b, err := json.Marshal(s)
	if err != nil {
		b = []byte(`""`)
	}
	t.out = append(t.out, b...)
}

// named writes an event that names a process or a thread.
func (t *Timeline) named(what string, p *process, task *sched.Task, name string) {
	t.event("M", p, task, t.begun)
	t.text(`,"name":"`, what, `","args":{"name":`)
	t.quoted(name)
	t.text("}}")
}

// arrowEnd writes one end of an arrow.
func (t *Timeline) arrowEnd(ph, rest string, p *process, task *sched.Task, a arrow) {
	t.event(ph, p, task, a.at)
	t.text(rest, `,"name":"wakes","cat":"wake","id":`)
	t.out = strconv.AppendInt(t.out, a.number, 10)
	t.text("}")
}

// Write writes steps of the hub h. lost is how many were lost so far, of any hub.
func (t *Timeline) Write(h *sched.Hub, steps []sched.Step, lost int64) {
	p := t.hubs[h]
	if p == nil {
		p = &process{hub: h, base: t.begin, tracks: make(map[*sched.Task]*track)}
		t.hubs[h] = p
		t.begin += hubIDs
		title := t.Title
		if title == "" {
			title = fmt.Sprintf("hub %d, goroutine %d", h.ID, h.Goid)
		}
		t.named("process_name", p, nil, title)
	}
	for i := range steps {
		s := &steps[i]
		t.last = max(t.last, s.At)
		if s.Kind == sched.StepStops {
			t.stop(p, s.At)
			return
		}
		t.step(p, s)
	}
	if lost != t.lost {
		t.note(p, lost)
		clear(p.tracks) // what ended meanwhile is not known
	}
}

// note says that steps were lost.
func (t *Timeline) note(p *process, lost int64) {
	t.event("i", p, nil, t.last)
	t.text(`,"s":"g","name":"`, strconv.FormatInt(lost-t.lost, 10), ` steps were lost: the timeline is written too slowly"}`)
	t.lost = lost
}

// step ends the span of the step's task, and begins the next one.
func (t *Timeline) step(p *process, s *sched.Step) {
	k := p.tracks[s.Task]
	if k == nil {
		k = &track{kind: sched.StepStops}
		p.tracks[s.Task] = k
	}
	t.title(p, k, s)
	if s.Kind == sched.StepReady {
		k.by = s.Why
		if by := p.tracks[s.By]; by != nil && by.kind == sched.StepRuns {
			t.arrow++
			k.arrow = t.arrow
			by.starts = append(by.starts, arrow{k.arrow, s.At})
		}
	}
	t.span(p, s.Task, k, s.At)
	if s.Kind == sched.StepRuns {
		k.ends, k.arrow = k.arrow, 0
	}
	k.kind, k.since, k.why = s.Kind, s.At, s.Why
	if s.Kind == sched.StepEnds {
		delete(p.tracks, s.Task)
	}
}

// title writes the name of the step's task if it is new, or if its place has become known.
func (t *Timeline) title(p *process, k *track, s *sched.Step) {
	name := s.Task.Name()
	if k.name != "" && (s.Code == 0 || name == k.name && s.Code == k.code) {
		return
	}
	k.name, k.code = name, s.Code
	t.named("thread_name", p, s.Task, sched.TitleOf(name, s.Place()))
}

// span writes the span of k, which ends at the instant at. Reasons are words that need no quoting.
func (t *Timeline) span(p *process, task *sched.Task, k *track, at int64) {
	var name, why, by string
	switch k.kind {
	case sched.StepRuns:
		name = "running"
	case sched.StepParks:
		name, why, by = "waiting: ", k.why, k.by
	case sched.StepTurn, sched.StepReady:
		name = "ready"
	default:
		return // it is not known what the task has done
	}
	k.by = ""
	if at < k.since {
		return
	}
	t.event("X", p, task, k.since)
	t.text(`,"name":"`, name, why, `","cat":"task","dur":`)
	t.time(at - k.since)
	if by != "" {
		t.text(`,"args":{"woken_by":"`, by, `"}`)
	}
	t.text("}")
	if k.kind != sched.StepRuns {
		return
	}
	if k.ends != 0 {
		t.arrowEnd("f", `,"bp":"e"`, p, task, arrow{k.ends, k.since})
	}
	for _, a := range k.starts {
		t.arrowEnd("s", "", p, task, a)
	}
	k.ends, k.starts = 0, nil
}

// stop ends the spans of a hub.
func (t *Timeline) stop(p *process, at int64) {
	for task, k := range p.tracks {
		t.span(p, task, k, at)
	}
	delete(t.hubs, p.hub)
}

// Flush writes what has come so far.
func (t *Timeline) Flush() { t.flush(true) }

// End completes the timeline. It returns the first error.
func (t *Timeline) End(lost int64) error {
	for _, p := range t.hubs { // of hubs that have not answered
		if lost != t.lost {
			t.note(p, lost)
		}
		t.stop(p, t.last)
	}
	if t.count == 0 {
		t.text("[")
	}
	t.text("\n]\n")
	t.flush(true)
	return t.err
}

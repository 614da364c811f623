package debug

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A timeline turns steps into events of Chrome's trace format: "X" is a span, "M" the name of a
// process or thread, "s" and "f" are the two ends of an arrow, "i" is a note. Its size is bounded by
// the number of living tasks.
type timeline struct {
	w     io.Writer
	out   []byte // is still to be written
	count int    // of events
	err   error
	begun int64 // instant 0 of the timeline
	arrow int64 // the last one's number
	lost  int64 // steps, as far as that is noted
	last  int64 // instant of the last step
	hubs  map[*sched.Hub]map[*sched.Task]*track
}

// A track is a task, and its span that has begun.
type track struct {
	name  string
	code  uintptr        // Step.Code
	kind  sched.StepKind // of the step that began the span
	since int64
	why   string // of a wait
	by    string // what ended the wait before; empty if a task did
	arrow int64  // that ends with the next span "running"; 0 if there is none
}

func newTimeline(w io.Writer, begun int64) *timeline {
	return &timeline{w: w, begun: begun, last: begun, hubs: make(map[*sched.Hub]map[*sched.Task]*track)}
}

// flushAt is how many bytes are written at once.
const flushAt = 64 << 10

// flush writes out, if it is long enough or must be.
func (t *timeline) flush(must bool) {
	if !must && len(t.out) < flushAt {
		return
	}
	if t.err == nil {
		_, t.err = t.w.Write(t.out)
	}
	t.out = t.out[:0]
}

// event begins an event of a task, whose id is tid; 0 for the hub. The caller appends its other
// fields, each with a comma before it, and a brace.
func (t *timeline) event(ph string, h *sched.Hub, tid uint64, at int64) {
	t.flush(false)
	if t.count++; t.count == 1 {
		t.out = append(t.out, '[')
	} else {
		t.out = append(t.out, ',')
	}
	t.text("\n{\"ph\":\"", ph, "\",\"pid\":")
	t.out = strconv.AppendUint(t.out, h.ID, 10)
	t.text(",\"tid\":")
	t.out = strconv.AppendUint(t.out, tid, 10)
	t.text(",\"ts\":")
	t.time(max(at-t.begun, 0))
}

func (t *timeline) text(parts ...string) {
	for _, s := range parts {
		t.out = append(t.out, s...)
	}
}

// time appends nanoseconds as microseconds.
func (t *timeline) time(d int64) {
	t.out = strconv.AppendInt(t.out, d/1000, 10)
	d %= 1000
	t.out = append(t.out, '.', byte('0'+d/100), byte('0'+d/10%10), byte('0'+d%10))
}

// quoted appends s as a string of JSON.
func (t *timeline) quoted(s string) {
	b, err := json.Marshal(s)
	if err != nil {
		b = []byte(`""`)
	}
	t.out = append(t.out, b...)
}

// named writes an event that names a process or a thread.
func (t *timeline) named(what string, h *sched.Hub, tid uint64, name string) {
	t.event("M", h, tid, t.begun)
	t.text(`,"name":"`, what, `","args":{"name":`)
	t.quoted(name)
	t.text("}}")
}

// arrowEnd writes one end of the arrow with that number.
func (t *timeline) arrowEnd(ph, rest string, h *sched.Hub, tid uint64, at, number int64) {
	t.event(ph, h, tid, at)
	t.text(rest, `,"name":"wakes","cat":"wake","id":`)
	t.out = strconv.AppendInt(t.out, number, 10)
	t.text("}")
}

// write writes the steps of a hub. lost is how many were lost so far, of any hub.
func (t *timeline) write(l list, lost int64) {
	tracks := t.hubs[l.hub]
	if tracks == nil {
		tracks = make(map[*sched.Task]*track)
		t.hubs[l.hub] = tracks
		t.named("process_name", l.hub, 0, fmt.Sprintf("hub %d, goroutine %d", l.hub.ID, l.hub.Goid))
	}
	for i := range l.steps {
		s := &l.steps[i]
		t.last = max(t.last, s.At)
		if s.Kind == sched.StepStops {
			t.stop(l.hub, tracks, s.At)
			return
		}
		t.step(l.hub, tracks, s)
	}
	if lost != t.lost {
		t.note(l.hub, lost)
		clear(tracks) // what ended meanwhile is not known
	}
}

// note says that steps were lost.
func (t *timeline) note(h *sched.Hub, lost int64) {
	t.event("i", h, 0, t.last)
	t.text(`,"s":"g","name":"`, strconv.FormatInt(lost-t.lost, 10), ` steps were lost: the timeline is written too slowly"}`)
	t.lost = lost
}

// step ends the span of the step's task, and begins the next one.
func (t *timeline) step(h *sched.Hub, tracks map[*sched.Task]*track, s *sched.Step) {
	k := tracks[s.Task]
	if k == nil {
		k = &track{kind: sched.StepStops}
		tracks[s.Task] = k
	}
	t.title(h, k, s)
	if s.Kind == sched.StepReady {
		k.by = s.Why
		if s.By != nil {
			t.arrow++
			k.arrow = t.arrow
			t.arrowEnd("s", "", h, s.By.ID, s.At, k.arrow)
		}
	}
	t.span(h, s.Task, k, s.At)
	if s.Kind == sched.StepRuns && k.arrow != 0 {
		t.arrowEnd("f", `,"bp":"e"`, h, s.Task.ID, s.At, k.arrow)
		k.arrow = 0
	}
	k.kind, k.since, k.why = s.Kind, s.At, s.Why
	if s.Kind == sched.StepEnds {
		delete(tracks, s.Task)
	}
}

// title writes the name of the step's task if it is new, or if its place has become known.
func (t *timeline) title(h *sched.Hub, k *track, s *sched.Step) {
	name := s.Task.Name()
	if k.name != "" && (s.Code == 0 || name == k.name && s.Code == k.code) {
		return
	}
	k.name, k.code = name, s.Code
	t.named("thread_name", h, s.Task.ID, sched.TitleOf(name, s.Place()))
}

// span writes the span of k, which ends at the instant at. Reasons are words that need no quoting.
func (t *timeline) span(h *sched.Hub, task *sched.Task, k *track, at int64) {
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
	t.event("X", h, task.ID, k.since)
	t.text(`,"name":"`, name, why, `","cat":"task","dur":`)
	t.time(at - k.since)
	if by != "" {
		t.text(`,"args":{"woken_by":"`, by, `"}`)
	}
	t.text("}")
}

// stop ends the spans of a hub.
func (t *timeline) stop(h *sched.Hub, tracks map[*sched.Task]*track, at int64) {
	for task, k := range tracks {
		t.span(h, task, k, at)
	}
	delete(t.hubs, h)
}

// end completes the timeline. It returns the first error.
func (t *timeline) end(lost int64) error {
	for h, tracks := range t.hubs { // of hubs that have not answered
		if lost != t.lost {
			t.note(h, lost)
		}
		t.stop(h, tracks, t.last)
	}
	if t.count == 0 {
		t.text("[")
	}
	t.text("\n]\n")
	t.flush(true)
	return t.err
}

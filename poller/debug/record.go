package debug

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timeline"
)

// ErrRecording is the result of Record while another recording is under way.
var ErrRecording = errors.New("poller/debug: a recording is under way already")

// A Recording writes a timeline. All methods may be called from any goroutine.
type Recording struct {
	begun   int64 // instant
	only    map[*sched.Hub]bool
	lost    atomic.Int64
	stopped atomic.Bool

	mu     sched.Mutex // guards closed; hubs take it in the middle of a switch, so nothing parks while it is held
	closed bool        // nothing is put into lists any more
	lists  chan list

	done poller.Event // the writer has ended
	err  error        // of the writer; valid then
}

// A list is some steps of a hub, in order.
type list struct {
	hub   *sched.Hub
	steps []sched.Step
}

// waitingLists is how many lists wait for the writer, at most: some megabytes. Then steps are lost.
const waitingLists = 32

// recording is the recording that is under way.
var recording atomic.Pointer[Recording]

// Record begins to write what tasks do to w, until Stop: those of the given hubs, or of all hubs of
// the process, also of those whose Run begins later. Hubs of poller.Simulate are left out. There is
// one recording at a time; a second one is ErrRecording.
//
// What it writes is in the trace event format of Chrome, as a JSON array, which ui.perfetto.dev
// and chrome://tracing open. Each hub is a process there, and each task a thread, named as in
// poller.Dump. Its spans, one after the other, are "running", "ready", and "waiting: " with the
// reason; an arrow leads from a task to the one that it has made ready, or started. A wait that was
// ended by something else has that as its argument woken_by: timer, I/O, or another goroutine.
//
// The file grows by some 300 bytes a switch. A goroutine writes it; w is used by that one alone, and
// not any more when Stop has returned. If w is too slow, steps are left out, not memory used: see
// Recording.Lost. While it lasts, each switch takes several times as long, and no Run finds itself
// deadlocked, as the writer could end that. Afterwards, and before, it costs nothing.
func Record(w io.Writer, hubs ...poller.Hub) (*Recording, error) {
	r := &Recording{begun: sched.InstantNow(), lists: make(chan list, waitingLists)}
	for _, hub := range hubs {
		h := sched.HubOf(hub)
		if h == nil {
			fault.Usage("debug.Record of the zero Hub: a Hub is the result of poller.Here, in a task")
		}
		if r.only == nil {
			r.only = make(map[*sched.Hub]bool)
		}
		r.only[h] = true
	}
	if !recording.CompareAndSwap(nil, r) {
		return nil, ErrRecording
	}
	go r.write(w)
	sched.OnHub(r.begin)
	for _, h := range sched.LiveHubs() {
		sched.Ask(h, func(h *sched.Hub) bool { r.begin(h); return true })
	}
	return r, nil
}

// begin begins to record h, on its goroutine.
func (r *Recording) begin(h *sched.Hub) {
	if r.only != nil && !r.only[h] {
		return
	}
	r.mu.Lock(0)
	closed := r.closed
	r.mu.Unlock(0)
	if !closed {
		h.Record(r.pass)
	}
}

// pass has the steps of h written. It is called on h's goroutine.
func (r *Recording) pass(h *sched.Hub, steps []sched.Step) {
	r.mu.Lock(0)
	defer r.mu.Unlock(0)
	if r.closed {
		return
	}
	select {
	case r.lists <- list{h, steps}:
	default:
		r.lost.Add(int64(len(steps)))
	}
}

// Lost returns how many changes of tasks' states are not in the timeline, since it was written too
// slowly. The spans around them are too long or missing.
func (r *Recording) Lost() int { return int(r.lost.Load()) }

// Stop ends the recording: it waits until the timeline is complete, and returns the first error of the
// writer. A hub that does not answer within a second, since a task does not switch, is left
// behind, and its last steps are missing. Stop parks the task that calls it, and blocks a goroutine
// that is in none. A second call returns the same.
func (r *Recording) Stop() error {
	if r.stopped.CompareAndSwap(false, true) {
		r.end()
	}
	r.done.Wait()
	return r.err
}

// end ends the recording of each hub, and then the writer. An interruption ends only the wait for the
// hubs.
func (r *Recording) end() {
	defer r.close()
	sched.OnHub(nil)
	var asked []*sched.Asked[bool]
	for _, h := range sched.LiveHubs() { // also those that have not begun to record
		if r.only == nil || r.only[h] {
			asked = append(asked, sched.Ask(h, func(h *sched.Hub) bool { h.StopRecording(); return true }))
		}
	}
	for begun := time.Now(); len(asked) > 0; asked = asked[1:] {
		asked[0].Answer(answerTime - time.Since(begun))
	}
}

// close ends the writer when it has written what there is.
func (r *Recording) close() {
	r.mu.Lock(0)
	r.closed = true
	close(r.lists)
	r.mu.Unlock(0)
	recording.Store(nil)
}

// write is the writer's goroutine.
func (r *Recording) write(w io.Writer) {
	t := timeline.New(w, r.begun)
	for l := range r.lists {
		t.Write(l.hub, l.steps, r.lost.Load())
	}
	r.err = t.End(r.lost.Load())
	r.done.Set()
}

package sched

import "os"

// A recording of a hub is a list of steps: what its tasks did, and when. It is made by the root loop,
// through which every switch goes while there is one (ReadyQueue.noDirect), and by MakeReady, on the
// way that it takes if tasks have priorities (ReadyQueue.others). So a hub that is not recorded
// does not test for it where tasks switch to each other directly.

// A Step is a change of a task's state.
type Step struct {
	At   int64 // instant
	Kind StepKind
	Task *Task
	By   *Task   // of StepReady: the task that ran; nil if none did
	Why  string  // what the task waits for from now on; of StepReady, if By is nil, what made it ready
	Code uintptr // of the function that the task was started with
	From Place   // where it was started, if that says more; else zero
}

// A StepKind is what has happened to a task.
type StepKind uint8

// The kinds of steps.
const (
	StepRuns  StepKind = iota // it was switched to
	StepParks                 // it has switched away, to wait
	StepTurn                  // it has switched away, and is ready
	StepReady                 // it has become ready, or was made
	StepEnds                  // it has ended
	StepStops                 // no task: the recording of the hub has ended
)

// Place returns where the task of the step was started.
func (s *Step) Place() Place {
	if s.From.Function != "" {
		return s.From
	}
	return placeOf(s.Code)
}

// stepsAtOnce is how many steps a recorder collects before it passes them on.
const stepsAtOnce = 2048

// A recorder collects the steps of a hub. It belongs to the hub's goroutine.
type recorder struct {
	steps   []Step
	pass    func(h *Hub, steps []Step)
	running *Task // the task of the last StepRuns, until it has switched away
}

// Record has the steps of h passed to pass, which is called on h's goroutine and must not block, and
// may keep the slice. It begins with a step for each task that there is. It does nothing if h is
// recorded already. It must be called on h's goroutine.
func (h *Hub) Record(pass func(h *Hub, steps []Step)) {
	if h.rec != nil {
		return
	}
	h.Ready.usePriorities() // which sets noDirect
	r := &recorder{pass: pass}
	h.rec = r
	now := InstantNow()
	for _, t := range h.AllTasks() {
		switch i := t.info(now); i.State {
		case TaskRunning:
			r.runs(t)
		case TaskWaiting:
			r.add(Step{Kind: StepParks, Task: t, Why: i.Wait})
		case TaskReady:
			r.add(Step{Kind: StepTurn, Task: t, Why: i.Wait})
		case TaskNew:
			r.add(Step{Kind: StepReady, Task: t})
		}
	}
}

// StopRecording ends what Record has begun, and passes on the last steps. It must be called on h's
// goroutine.
func (h *Hub) StopRecording() {
	r, ok := h.rec.(*recorder)
	if !ok {
		return
	}
	r.add(Step{Kind: StepStops})
	r.pass(h, r.steps)
	h.rec = nil
	h.Ready.forgetPriorities(h.AllTasks())
	h.Ready.noDirect = h.Ready.others != nil || h.Labelled || h.preemption.on
}

// add records a step, now.
func (r *recorder) add(s Step) {
	if s.Task != nil {
		s.Code = s.Task.entry()
	}
	s.At = Nanotime()
	if r.steps == nil {
		r.steps = make([]Step, 0, stepsAtOnce)
	}
	if r.steps = append(r.steps, s); len(r.steps) == stepsAtOnce && s.Kind != StepStops {
		r.pass(s.Task.Hub, r.steps)
		r.steps = nil
	}
}

// runs records that t is switched to.
func (r *recorder) runs(t *Task) {
	r.running = t
	r.add(Step{Kind: StepRuns, Task: t})
}

// ends records that t has ended before it has started.
func (r *recorder) ends(t *Task) { r.add(Step{Kind: StepEnds, Task: t}) }

// switchedAway records what the task does that ran last. The root loop calls it when it has got the
// turn.
func (r *recorder) switchedAway() {
	t := r.running
	if t == nil {
		return
	}
	r.running = nil
	switch k := t.Fiber; {
	case k == nil:
		r.add(Step{Kind: StepEnds, Task: t})
	case k.isWaiting():
		r.add(Step{Kind: StepParks, Task: t, Why: k.waitingFor()})
	default:
		r.add(Step{Kind: StepTurn, Task: t, Why: k.waitingFor()})
	}
}

// ready records that t has become ready, by by, or by something that is no task.
func (r *recorder) ready(t, by *Task) {
	s := Step{Kind: StepReady, Task: t, By: by}
	if k := t.Fiber; by == nil && k != nil {
		switch {
		case k.W.Err == os.ErrDeadlineExceeded:
			s.Why = "timer"
		case k.W.Why == ParkRead, k.W.Why == ParkWrite:
			s.Why = "I/O"
		default:
			s.Why = "another goroutine"
		}
	}
	r.add(s)
}

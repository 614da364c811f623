package sched

import (
	"time"
	"unsafe"
)

// A simulation can be observed, for `stackful test -sim` (package patch/sim): its schedule is written as text, beside
// the events of virtualTrace, and as steps for a timeline. Nothing of it changes the hash.

// MainEndsAsGo has a panic in the main task end the program, as one in a goroutine does. The runtime must be patched.
func (s *Virtual) MainEndsAsGo() {
	s.Inside()
	s.H.Ending.main.More().createdBy = byProgram
}

// Observe has the schedule written to the trace, and passed to pass, if it is not nil, step by step. It is called in
// the first task, before there are others.
//
// While tasks run the clock stands still. In a timeline all that is done at one instant would lie on one point, so each
// step is at least stepWidth after the one before: the instants of steps may be later than the virtual ones.
func (s *Virtual) Observe(pass func(h *Hub, steps []Step)) {
	s.Inside()
	o := &virtualObserver{s: s, pass: pass}
	s.H.rec = o
	s.Observer.yields, s.Observer.flush = o.yields, o.flush
	s.Tell("%s runs", o.title(s.H.Current))
	o.runs(s.H.Current)
}

// stepWidth is the distance of two steps at one virtual instant.
const stepWidth = int64(time.Microsecond)

// A virtualObserver is the observer of a simulation's hub.
type virtualObserver struct {
	s       *Virtual
	pass    func(h *Hub, steps []Step)
	at      int64  // of the last step, from the beginning
	running *Task  // the task of the last StepRuns, until it has switched away
	where   string // where it is about to give way; "" if that is not known
	name    string // its name, which may be gone when it has ended
	last    *Task  // the last task that has switched away; name is still its name
	away    away   // what it did then, held back: what it has woken by package runtime becomes ready only now
}

// An away is a switch away from a task.
type away struct {
	at   time.Duration // virtual
	text string        // "" if there is none
	step Step
}

// flush writes the switch that was held back.
func (o *virtualObserver) flush() {
	a := o.away
	if a.text == "" {
		return
	}
	o.away.text = ""
	if o.s.Trace.W != nil {
		o.s.tellAt(a.at, a.text)
	}
	o.send(a.step)
}

// now gives a step its instant.
func (o *virtualObserver) now(k Step) Step {
	o.at = max(int64(o.s.passed()), o.at+stepWidth)
	k.At = o.at
	k.Code = k.Task.entry()
	return k
}

// send passes on a step.
func (o *virtualObserver) send(k Step) {
	if o.pass != nil {
		o.pass(o.s.H, []Step{k})
	}
}

// add passes on a step, now.
func (o *virtualObserver) add(k Step) {
	o.flush()
	o.send(o.now(k))
}

// title names t for the text, with its place.
func (o *virtualObserver) title(t *Task) string {
	return TitleOf(o.s.NameOf(t), placeOf(t.entry()))
}

func (o *virtualObserver) runs(t *Task) { // noteChosen has told of it
	o.running, o.name, o.where = t, o.s.NameOf(t), ""
	o.add(Step{Kind: StepRuns, Task: t})
}

// yields is VirtualObserver.yields.
func (o *virtualObserver) yields() {
	if o.s.Trace.W == nil {
		return
	}
	if f := userFrame(); f.Function != "" {
		o.where = " at " + Place{f.Function, f.File, f.Line}.String()
	}
}

func (o *virtualObserver) ends(t *Task) { o.add(Step{Kind: StepEnds, Task: t}) }

func (o *virtualObserver) switchedAway() {
	t := o.running
	if t == nil {
		return
	}
	o.running, o.last = nil, t
	o.s.Observer.timers = false
	a := away{at: o.s.passed(), step: Step{Task: t}}
	switch k := t.Fiber; {
	case k == nil:
		a.text = o.name + " ends"
		a.step.Kind = StepEnds
	case k.isWaiting():
		a.text = o.name + " waits for " + k.waitingFor()
		a.step.Kind, a.step.Why = StepParks, k.waitingFor()
	default:
		a.text = o.name + " gives way" + o.where
		a.step.Kind, a.step.Why = StepTurn, k.waitingFor()
	}
	a.step = o.now(a.step)
	o.away = a
}

func (o *virtualObserver) ready(t, by *Task) {
	k := Step{Kind: StepReady, Task: t, By: by}
	if by == nil && o.away.text != "" && o.last != t && !o.s.Observer.timers && t.Fiber != nil && t.Fiber.carrier != 0 {
		// The last task has woken t by package runtime, before it switched away.
		if o.s.Trace.W != nil {
			o.s.tellAt(o.away.at, o.s.NameOf(t)+" is ready: woken by "+o.name)
		}
		k.By, k.At, k.Code = o.last, o.away.step.At-stepWidth/2, t.entry()
		o.send(k)
		return
	}
	cause := "a timer, or the network"
	switch by {
	case nil:
		k.Why = "timer or network"
	case o.running:
		cause = o.name
	default:
		cause = o.s.NameOf(by)
	}
	switch {
	case !t.started && by == nil:
		o.s.Tell("%s is to start", o.title(t))
	case !t.started:
		title := o.title(t)
		if p := placeOf(t.entry()); !isUsers(p.Function, p.File) {
			// It is a function of a package that starts goroutines for others, such as sync.WaitGroup.Go.
			if f := userFrame(); f.Function != "" {
				k.From = Place{f.Function, f.File, f.Line}
				title = TitleOf(o.s.NameOf(t), k.From)
			}
		}
		o.s.Tell("%s is started by %s", title, cause)
	case t == by: // it gives way, which is told when it does
	default:
		o.s.Tell("%s is ready: woken by %s", o.s.NameOf(t), cause)
	}
	o.add(k)
}

// SetEntry has the running task named for the function at entry, a *funcval.
func SetEntry(entry unsafe.Pointer) { NoteEntry(*(*func())(unsafe.Pointer(&entry))) }

// OtherTasks returns how many tasks there are besides the running one.
func (s *Virtual) OtherTasks() int { return s.H.Tasks.Live - 1 }

// TellTasks writes to the trace which these are.
func (s *Virtual) TellTasks() {
	if s.Trace.W == nil {
		return
	}
	now := InstantNow()
	for _, t := range s.H.AllTasks() {
		if t != s.H.Current {
			i := t.info(now)
			s.Tell("%s is there: %s", TitleOf(s.NameOf(t), i.Place()), i.Doing())
		}
	}
}

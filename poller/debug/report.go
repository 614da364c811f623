package debug

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Report is the state of the hubs of a process. Its JSON form, which the fields' tags give, is
// stable: fields may be added, none changes its meaning. Durations are in nanoseconds.
type Report struct {
	Time       time.Time `json:"time"`
	GoVersion  string    `json:"go_version"`
	Backend    string    `json:"backend"`    // "native" or "portable", see stackful.Backend
	Goroutines int       `json:"goroutines"` // runtime.NumGoroutine, which counts the stacks of tasks, too
	HasStacks  bool      `json:"has_stacks"` // Task.Stack was looked for
	Hubs       []Hub     `json:"hubs"`       // in the order in which their Runs began
}

// A Hub is the state of one Run.
type Hub struct {
	ID                uint64        `json:"id"`        // of the process's hubs
	Goroutine         uint64        `json:"goroutine"` // the id, as in a stack, of the goroutine that called Run
	Answered          bool          `json:"answered"`  // it has answered within a second; else all but the stalls is unknown
	Age               time.Duration `json:"age_ns"`    // since Run began
	Stats             poller.Stats  `json:"stats"`
	SwitchesPerSecond float64       `json:"switches_per_second"` // since the last question of the same Handler; of Take, since Run began
	ParksPerSecond    float64       `json:"parks_per_second"`    // likewise
	Stalled           *Stall        `json:"stalled,omitempty"`   // the task that keeps it from answering
	Stalls            int           `json:"stalls"`              // reported so far, see poller.Options.MonitorAfter
	LastStall         *Stall        `json:"last_stall,omitempty"`
	TaskCount         int           `json:"task_count"` // of tasks that have not ended
	Tasks             []Task        `json:"tasks"`      // in the order in which they were made; the first ones, if a limit was given
	Groups            []Group       `json:"groups"`     // of all tasks, the largest first
}

// A Task is a task that has not ended.
type Task struct {
	ID       uint64        `json:"id"`   // of the hub's tasks
	Name     string        `json:"name"` // poller.Task.Name
	Start    string        `json:"start,omitempty"`
	Function string        `json:"function,omitempty"` // with which it was started, as package runtime has it
	File     string        `json:"file,omitempty"`     // of Function
	Line     int           `json:"line,omitempty"`     // of Function's beginning
	State    string        `json:"state"`              // "new", "delayed" (by GoAfter), "running", "ready" or "waiting"
	Wait     string        `json:"wait,omitempty"`     // a key of poller.Stats.Parks, or in a patched program the runtime's word; also if ready
	Lock     string        `json:"lock,omitempty"`     // in a patched program, the address of the sync.Mutex, or RWMutex, that it waits for: the same of all that wait for it
	For      time.Duration `json:"for_ns,omitempty"`   // since it was parked
	HeldBy   string        `json:"held_by,omitempty"`  // the task that holds the poller.Mutex, or RWMutex, that it waits for, if that is known
	Priority int           `json:"priority,omitempty"`
	Stack    []Frame       `json:"stack,omitempty"` // the innermost call first, without the library's own at the ends
}

// A Frame is a call on a stack.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// A Group is how many tasks of a hub have the same Start, State and Wait.
type Group struct {
	Start string `json:"start,omitempty"`
	State string `json:"state"`
	Wait  string `json:"wait,omitempty"`
	Count int    `json:"count"`
}

// A Stall is a task that has not switched for long, see poller.Stall.
type Stall struct {
	Task string        `json:"task"`         // its name
	For  time.Duration `json:"for_ns"`       // at the time of the report
	At   *time.Time    `json:"at,omitempty"` // of the report; nil for Hub.Stalled
	Text string        `json:"text"`         // poller.Stall.String, with the stack and a remedy
}

// answerTime is how long a hub has for its answer.
const answerTime = time.Second

// Options are what a Report is to have.
type Options struct {
	NoStacks  bool   // do not stop the world for the stacks
	MostTasks int    // of each hub; 0 is no limit
	Hub       uint64 // the only hub that is asked, by its ID; 0 for all of them
}

// Take asks all hubs of the process, at once, and returns what they say. It waits at most a second: it
// parks the task that calls it, and blocks a goroutine that is in none.
func Take(o Options) Report {
	r := Report{Time: time.Now(), GoVersion: runtime.Version(), Backend: "portable", Hubs: []Hub{}}
	if stackful.Backend().Native {
		r.Backend = "native"
	}
	type question struct {
		hub   *sched.Hub
		turns uint64
		asked *sched.Asked[sched.Snapshot]
	}
	var questions []question
	for _, h := range sched.LiveHubs() {
		if o.Hub == 0 || o.Hub == h.ID {
			questions = append(questions, question{h, h.Turns.Load(), sched.Ask(h, (*sched.Hub).Snapshot)})
		}
	}
	begun := time.Now()
	var tasks [][]sched.TaskInfo
	for _, q := range questions {
		s, err := q.asked.Answer(answerTime - time.Since(begun))
		if err == sched.ErrEnded {
			continue
		}
		h := Hub{ID: q.hub.ID, Goroutine: q.hub.Goid, Tasks: []Task{}, Groups: []Group{}}
		h.addStalls(q.hub)
		if err == os.ErrDeadlineExceeded {
			if s, ok := q.hub.StalledFor(q.turns, time.Since(begun)); ok {
				h.Stalled = stallOf(s)
			}
			r.Hubs, tasks = append(r.Hubs, h), append(tasks, nil)
			continue
		}
		h.Answered, h.Age, h.Stats, h.TaskCount = true, s.Age, poller.Stats(s.Stats), len(s.Tasks)
		h.addRates(0, 0, s.Age)
		h.Groups = groupsOf(s.Tasks)
		if o.MostTasks > 0 {
			s.Tasks = s.Tasks[:min(len(s.Tasks), o.MostTasks)]
		}
		r.Hubs, tasks = append(r.Hubs, h), append(tasks, s.Tasks)
	}
	var stackOf func(*sched.Task) []sched.Frame
	if !o.NoStacks && len(r.Hubs) > 0 {
		stackOf = sched.TaskStacks()
		r.HasStacks = stackOf != nil
	}
	for i := range r.Hubs {
		for j := range tasks[i] {
			r.Hubs[i].Tasks = append(r.Hubs[i].Tasks, taskOf(&tasks[i][j], stackOf))
		}
	}
	r.Goroutines = runtime.NumGoroutine()
	return r
}

// taskOf returns the report of a task. stackOf is nil if there are no stacks.
func taskOf(i *sched.TaskInfo, stackOf func(*sched.Task) []sched.Frame) Task {
	p := i.Place()
	t := Task{ID: i.Task.ID, Name: i.Task.Name(), Start: p.String(), Function: p.Function, File: p.File, Line: p.Line,
		State: string(i.State), Wait: i.Wait, For: i.For, HeldBy: i.HeldBy(), Priority: int(i.Priority)}
	if i.Lock != 0 {
		t.Lock = fmt.Sprintf("%#x", i.Lock)
	}
	if stackOf != nil {
		for _, f := range stackOf(i.Task) {
			t.Stack = append(t.Stack, Frame(f))
		}
	}
	return t
}

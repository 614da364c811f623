package sched

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A recorded hub takes the ways for priorities and labels, and none of them afterwards.
func TestRecord_ways(t *testing.T) {
	var steps []Step
	begin := func(h *Hub) {
		steps = nil
		h.Record(func(_ *Hub, s []Step) { steps = append(steps, s...) })
	}
	err := Options{TimeSlice: -1}.Run(func() {
		h := Here()
		direct := func() bool { return !h.Ready.noDirect && h.Ready.others == nil && h.rec == nil }
		if !direct() {
			t.Error("not direct at first")
		}
		begin(h)
		if direct() || h.rec == nil {
			t.Error("not recorded")
		}
		first := h.rec
		begin(h)
		if h.rec != first {
			t.Error("a second recording")
		}
		for range 3000 { // more than one list of steps
			Yield()
		}
		h.StopRecording()
		h.StopRecording()
		if !direct() {
			t.Error("not direct afterwards")
		}
		if len(steps) != 6002 || steps[0].Kind != StepRuns || steps[6001].Kind != StepStops {
			t.Errorf("%d steps", len(steps))
		}
		for i := 1; i < 6001; i++ {
			want := StepTurn
			if i%2 == 0 {
				want = StepRuns
			}
			if s := steps[i]; s.Kind != want || s.Task != h.Current || s.At < steps[i-1].At || s.Code != h.Current.entry() {
				t.Fatalf("%d: %+v", i, s)
			}
		}
		// A task with a priority keeps it, though it is not ready now.
		asleep := Go(func() { Sleep(time.Millisecond) }).SetPriority(PriorityHigh)
		Yield()
		begin(h)
		h.StopRecording()
		if h.Ready.others == nil || !h.Ready.noDirect {
			t.Error("priorities are forgotten")
		}
		asleep.Join()
		begin(h)
		h.StopRecording()
		if !direct() {
			t.Error("the priority of a task that has ended is not")
		}
	})
	if err != nil {
		t.Error(err)
	}
	err = Options{TimeSlice: -1, Labels: true}.Run(func() {
		h := Here()
		begin(h)
		h.StopRecording()
		if !h.Ready.noDirect && h.Labelled {
			t.Error("labels are forgotten")
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// The steps of a task, and what has woken it.
func TestRecord_steps(t *testing.T) {
	var all []Step
	err := Options{TimeSlice: -1}.Run(func() {
		h := Here()
		before := Go(func() { Sleep(time.Millisecond) })
		Go(func() {}).KillNoWait() // never starts
		h.Record(func(_ *Hub, s []Step) { all = append(all, s...) })
		joined := Go(func() { before.Join() })
		Go(func() {}).KillNoWait()
		joined.Join()
		parked := make(chan bool)
		Go(func() { close(parked) }) // runs when this task has parked, so that the helper is not done before
		AwaitOn(StartGoroutine, func() (int, error) { <-parked; return 0, nil })
		h.StopRecording()
	})
	if err != nil {
		t.Error(err)
	}
	of := func(id uint64) (text []string) {
		for _, s := range all {
			if s.Task == nil || s.Task.ID != id {
				continue
			}
			words := fmt.Sprint([]string{"runs", "parks", "turn", "ready", "ends"}[s.Kind], " ", s.Why)
			if s.By != nil {
				words += fmt.Sprint("by ", s.By.ID)
			}
			text = append(text, words)
		}
		return text
	}
	for id, want := range map[uint64][]string{
		1: {"runs ", "parks join", "ready by 4", "runs ", "parks await", "ready another goroutine", "runs "},
		2: {"ready ", "runs ", "parks sleep", "ready timer", "runs ", "ends "},
		3: {"ends "}, // it was killed before it has started
		5: {"ready by 1", "ends "},
		4: {"ready by 1", "runs ", "parks join", "ready by 2", "runs ", "ends "},
	} {
		if got := of(id); !slices.Equal(got, want) {
			t.Errorf("task %d: %q, want %q", id, got, want)
		}
	}
}

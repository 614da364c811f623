package debug

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// String returns r as text: what ?format=text serves. It is for people; its form may change.
func (r Report) String() string {
	var b bytes.Buffer
	writeText(&b, &r)
	return b.String()
}

// writeText writes r as text.
func writeText(b *bytes.Buffer, r *Report) error {
	fmt.Fprintf(b, "%s, %s, the %s backend, %d goroutines and stacks\n", r.Time.Format(time.RFC3339), r.GoVersion, r.Backend, r.Goroutines)
	if len(r.Hubs) == 0 {
		fmt.Fprintf(b, "No hub runs.\n")
	}
	for i := range r.Hubs {
		r.Hubs[i].writeText(b)
	}
	return nil
}

func (h *Hub) writeText(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nhub %d, goroutine %d: ", h.ID, h.Goroutine)
	if h.Answered {
		fmt.Fprintf(b, "%d tasks, %d ready, %d timers, %s switches/s, %s parks/s, timer lag %v, %d stalls, for %v\n", h.TaskCount, h.Stats.Ready,
			h.Stats.Timers, rate(h.SwitchesPerSecond), rate(h.ParksPerSecond), h.Stats.TimerLag, h.Stalls, h.Age.Round(time.Second))
	} else {
		fmt.Fprintf(b, "it does not answer; %d stalls\n", h.Stalls)
	}
	if h.Stalled != nil {
		fmt.Fprintf(b, "%s\n", h.Stalled.Text)
	} else if h.LastStall != nil {
		fmt.Fprintf(b, "last stall, at %s: %s\n", h.LastStall.At.Format(time.RFC3339), h.LastStall.Text)
	}
	for i := range h.Tasks {
		t := &h.Tasks[i]
		fmt.Fprintf(b, "%s: %s\n", t.title(), t.doing())
		for _, f := range t.Stack {
			fmt.Fprintf(b, "    %v\n", f)
		}
	}
	if rest := omitted(*h); rest > 0 {
		fmt.Fprintf(b, "and %d more tasks\n", rest)
	}
}

// omitted returns how many tasks of h a limit has left out of Tasks.
func omitted(h Hub) int { return h.TaskCount - len(h.Tasks) }

// title returns the task's name with the place where it was started, as poller.Dump does.
func (t *Task) title() string {
	if t.Start == "" {
		return t.Name
	}
	return t.Name + ", " + t.Start
}

// doing returns the task's state in words.
func (t *Task) doing() string {
	words := []string{t.State}
	if t.Wait != "" {
		words[0] = map[string]string{"ready": "ready, after waiting for ", "waiting": "waiting for "}[t.State] + t.Wait
		if t.Lock != "" {
			words[0] += " " + t.Lock
		}
		words = append(words, "for "+t.For.Round(time.Microsecond).String())
	}
	if t.HeldBy != "" {
		words = append(words, "held by "+t.HeldBy)
	}
	if t.Priority != 0 {
		words = append(words, fmt.Sprintf("priority %+d", t.Priority))
	}
	return strings.Join(words, ", ")
}

// String returns f in one line.
func (f Frame) String() string {
	if f.File == "" {
		return f.Function
	}
	return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line)
}

// rate formats a number of events in a second.
func rate(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.1fM", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.0fk", x/1e3)
	case x >= 10:
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

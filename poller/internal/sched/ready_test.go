package sched

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The queue against a slow model of its rule.
func TestReadyQueue_model(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var q ReadyQueue
	q.usePriorities()
	var model [Priorities][]*Task
	passed := [Priorities]int{}
	n := 0
	for range 20000 {
		switch r.IntN(5) {
		case 0, 1:
			task := &Task{prio: Priority(r.IntN(Priorities)) + PriorityLowest}
			q.Push(task)
			l := task.prio.Level()
			if len(model[l]) == 0 {
				passed[l] = 0
			}
			model[l] = append(model[l], task)
			n++
		case 2:
			l := r.IntN(Priorities)
			if len(model[l]) == 0 {
				continue
			}
			i := r.IntN(len(model[l]))
			if !q.Remove(model[l][i], l) {
				t.Fatal("remove has not found a task")
			}
			model[l] = slices.Delete(model[l], i, i+1)
			n--
		default:
			var want *Task
			if n > 0 {
				top := Priorities - 1
				for len(model[top]) == 0 {
					top--
				}
				for l := range top {
					if len(model[l]) > 0 {
						if passed[l]++; passed[l] > MaxPassed {
							top = l
							break
						}
					}
				}
				passed[top] = 0
				want = model[top][0]
				model[top] = model[top][1:]
				n--
			}
			if got := q.Pop(); got != want {
				t.Fatalf("pop = %p, want %p", got, want)
			}
		}
		if q.Len() != n {
			t.Fatalf("len = %d, want %d", q.Len(), n)
		}
	}
}

package sched

// A Priority is poller.Priority.
type Priority int8

// The priorities, as in package poller.
const (
	PriorityLowest  Priority = -2
	PriorityLow     Priority = -1
	PriorityNormal  Priority = 0
	PriorityHigh    Priority = 1
	PriorityHighest Priority = 2
)

// Priorities is the number of priorities, levelNormal the Level of the normal one.
const (
	Priorities  = int(PriorityHighest-PriorityLowest) + 1
	levelNormal = int(PriorityNormal - PriorityLowest)
)

// Level returns p as an index, from 0 for the lowest.
func (p Priority) Level() int { return int(p - PriorityLowest) }

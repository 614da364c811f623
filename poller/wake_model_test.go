package poller

import (
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// The model of how a hub falls asleep and is woken, see sched/wake.go: two goroutines post a
// mail each. The names of the steps are those of the table there.

const (
	varWaiting = iota
	varEnded
)

type wakeModel struct {
	box, read int8 // mails
	waiting   int8
	woken     bool // the selector keeps a wake
	buffer    storeBuffer
	hub       int8
	blocks    bool // the hub has seen no mail before it waits
	posters   [2]int8
}

const (
	hubH1 = int8(iota)
	hubH2
	hubH3
	hubH4
	hubH5
)

const (
	posterP1 = int8(iota)
	posterP2
	posterP2Takes
	posterP3
	posterPutsLate
	posterOver
)

type wakeBug int

const (
	wakeRight       wakeBug = iota
	waitingIsStored         // by an ordinary store
	mailNotLookedFor
	looksBeforeWaiting
	postLooksFirst
	wakeNotKept
)

func newWakeModel(bug wakeBug) (model[wakeModel], wakeModel) {
	all := int8(2)
	return model[wakeModel]{func(s wakeModel, emit func(string, wakeModel)) string {
		if s.buffer.n > 0 {
			to := s
			to.waiting = to.buffer.drain().value
			emit("the hub's store is seen", to)
		}
		for i := range s.posters {
			to := s
			p := &to.posters[i]
			switch *p {
			case posterP1:
				if bug != postLooksFirst {
					to.box++
				}
				*p = posterP2
			case posterP2:
				*p = posterP2Takes
				if s.waiting == 0 {
					*p = posterPutsLate
				}
			case posterP2Takes:
				*p = posterP3
				if s.waiting == 0 {
					*p = posterPutsLate
				}
				to.waiting = 0
			case posterP3:
				to.woken = true
				if bug == wakeNotKept && s.hub != hubH3 {
					to.woken = false
				}
				*p = posterPutsLate
			case posterPutsLate:
				if bug == postLooksFirst {
					to.box++
				}
				*p = posterOver
			default:
				continue
			}
			emit("post", to)
		}
		if s.buffer.isFull() {
			return ""
		}
		to := s
		switch s.hub {
		case hubH1:
			switch {
			case s.read == all:
				return ""
			case bug == looksBeforeWaiting:
				to.blocks = s.box == 0
				to.hub = hubH2
			default:
				to.announce(1, bug)
				to.hub = hubH2
			}
		case hubH2:
			to.hub = hubH3
			switch bug {
			case looksBeforeWaiting:
				to.announce(1, bug)
			case mailNotLookedFor:
				to.blocks = true
			default:
				to.blocks = s.box == 0
			}
		case hubH3:
			if s.blocks && !s.woken {
				return ""
			}
			to.woken = false
			to.hub = hubH4
		case hubH4:
			to.announce(0, bug)
			to.hub = hubH5
		case hubH5:
			to.read += to.box
			to.box = 0
			to.hub = hubH1
		}
		emit("hub", to)
		return ""
	}, func(s wakeModel) bool { return s.read == all && s.posters == [2]int8{posterOver, posterOver} }}, wakeModel{}
}

// announce is Swap, which waits for all stores before.
func (s *wakeModel) announce(v int8, bug wakeBug) {
	if bug == waitingIsStored {
		s.buffer.store(varWaiting, v)
		return
	}
	s.waiting = v
}

func TestWakeModel(t *testing.T) {
	for name, bug := range map[string]wakeBug{
		"as it is": wakeRight,
		"the hub says by an ordinary store that it waits":      waitingIsStored,
		"the hub does not look for mail before it waits":       mailNotLookedFor,
		"the hub looks for mail, then says that it waits":      looksBeforeWaiting,
		"who posts looks whether the hub waits, then posts":    postLooksFirst,
		"the selector forgets a wake that comes before a wait": wakeNotKept,
	} {
		t.Run(name, func(t *testing.T) {
			m, start := newWakeModel(bug)
			m.check(t, start, 1_000_000, bug != wakeRight)
		})
	}
}

// The model of a task that ends while another goroutine begins to wait for that: sched.Task.End
// with biased.StoreLight, and RemoteJoin with biased.FenceHeavy. Meanwhile it is found out
// whether the kernel has the barrier.
type endModel struct {
	ended, remote, ownLocks int8
	buffer                  storeBuffer // of the task's goroutine
	closed                  bool
	task, joiner            int8
	read                    int8 // biased.Mode, as the task's goroutine has read it
}

const (
	endEnds = int8(iota)
	endStore
	endLook
	endOver
)

const (
	joinPut = int8(iota)
	joinLooks
	joinBarrier
	joinLook
	joinWait
	joinOver
)

type endBug int

const (
	endRight endBug = iota
	endNoBarrier
	endAlwaysStored // by an ordinary store, even if there is no barrier
	endLooksFirst
	joinerLooksNot
)

func newEndModel(bug endBug) (model[endModel], endModel) {
	return model[endModel]{func(s endModel, emit func(string, endModel)) string {
		if s.buffer.n > 0 {
			to := s
			to.ended = to.buffer.drain().value
			emit("the task's store is seen", to)
		}
		if s.ownLocks == biased.ModeUnknown {
			for _, found := range [...]int8{biased.ModeOn, biased.ModeOff} {
				to := s
				to.ownLocks = found
				emit("found out", to)
			}
		}
		to := s
		switch s.task {
		case endEnds:
			to.read = s.ownLocks
			to.task = endStore
			if bug == endLooksFirst {
				to.closed = s.remote == 1
			}
		case endStore:
			if s.read == biased.ModeOn || bug == endAlwaysStored {
				to.buffer.store(varEnded, 1)
			} else {
				to.ended = 1
			}
			to.task = endLook
		case endLook:
			if s.remote == 1 && bug != endLooksFirst {
				to.closed = true
			}
			to.task = endOver
		}
		if to != s {
			emit("task", to)
		}
		to = s
		switch s.joiner {
		case joinPut:
			to.remote = 1
			to.joiner = joinLooks
		case joinLooks:
			to.joiner = joinLook
			if s.ownLocks == biased.ModeOn && bug != endNoBarrier {
				to.joiner = joinBarrier
			}
		case joinBarrier:
			for to.buffer.n > 0 {
				to.ended = to.buffer.drain().value
			}
			to.joiner = joinLook
		case joinLook:
			to.joiner = joinWait
			if s.ended == 1 && bug != joinerLooksNot {
				to.joiner = joinOver
			}
		case joinWait:
			if s.closed {
				to.joiner = joinOver
			}
		}
		if to != s {
			emit("joiner", to)
		}
		return ""
	}, func(s endModel) bool { return s.task == endOver && s.joiner == joinOver }}, endModel{}
}

func TestEndModel(t *testing.T) {
	for name, bug := range map[string]endBug{
		"as it is":                              endRight,
		"no barrier":                            endNoBarrier,
		"an ordinary store without a barrier":   endAlwaysStored,
		"the task looks for joiners, then ends": endLooksFirst,
		"the joiner does not look again":        joinerLooksNot,
	} {
		t.Run(name, func(t *testing.T) {
			m, start := newEndModel(bug)
			m.check(t, start, 1_000_000, bug != endRight)
		})
	}
}

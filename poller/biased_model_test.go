package poller

import (
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// The model of a biased.Lock that guards a Mutex: two hubs, the first with two tasks, and a
// goroutine without a hub. Each of the four locks the Mutex, yields, and unlocks it; some
// have a time limit, which may be up at any moment. Another goroutine finds out, at some
// moment, whether hubs may own locks.
//
// The names of the steps stand beside the lines of the code in modelledSource, which the
// code is compared with. The queue and the lock word of the Mutex are guarded by the
// biased.Lock, so what is done to them is one step; all that others can see meanwhile is a
// step for each load and store, and ordinary stores go through a store buffer.

// Processors: each of these is a goroutine. Tasks 0 and 1 belong to hubA, 2 to hubB, and
// 3 stands for the goroutine that has no hub.
const (
	hubA = iota
	hubB
	noHub
	registrar
)

var hubOfTask = [4]int8{hubA, hubA, hubB, noHub}

const (
	modelNoBias   = 1 // values of bias; those of hubs are idOf
	modelReserved = 8
)

func idOf(p int8) int8 { return p + 2 }

const (
	varInside = iota
	varState  // and the number of the task
)

const endOfSection = 2 // stored in inside in place of 0 by who leaves, so that it can be told apart

// A lockBug is a step that is omitted or changed in a run of the model.
type lockBug int

const (
	noBug lockBug = iota
	ownerTakenLate
	reservedIsForAll
	noBarrier
	barrierTooEarly
	noAwait
	ownLooksNot
	keepsInside
	claimLocalLooksNot
	claimLocalOfMutex
	resumesHere
)

// Where a task is. The comments are in modelledSource.
const (
	atOwnBias = int8(iota)
	atOwnInside
	atEnter
	atOwnShared
	atSlow
	atTooLate
	atMu
	atCheckShared
	atBias
	atTakeShared
	atBarrier // and one more for each other processor
	_
	_
	atAwait
	atState
	atSetBias
	atNoBiasShared
	atInside // has the biased.Lock: what comes now depends on task.doing
	atClaim
	atLeave
	atResume
	atParked
	atTurn
	atWoken
	atHold
	atHeld
	atEnd
)

// What a task locks the biased.Lock for.
const (
	toLock = int8(iota)
	toUnlock
	toGiveUp
)

type taskModel struct {
	at, doing int8
	owns      bool // it has the biased.Lock by own
	slowly    bool // it does not use ClaimLocal
	ownLocks  int8 // that it has read
	claimed   int8 // whom it has claimed, and 1
	timedOut  bool
	parks     bool // when it has left the biased.Lock
}

type lockModel struct {
	bias, inside, shared, ownLocks int8
	mu                             int8 // who has it, and 1
	section, depth                 int8 // the processor that has the biased.Lock, and 1; how often, as its last leaves are not seen yet
	locked                         bool // of the Mutex
	holder                         int8 // of the Mutex, and 1
	queue                          [4]int8
	queued                         int8
	state                          [4]int8 // of the waiters
	buffers                        [3]storeBuffer
	current                        [2]int8 // the hub's running task, and 1
	ready                          [2][3]int8
	readies                        [2]int8
	mail                           [2]uint8 // bits of tasks
	turn                           bool
	tasks                          [4]taskModel
	wrong                          int8
}

const (
	twoInside = 1 + iota
	twoHolders
	strangerReady
	readyTwice
	reentered
	notParked
)

var lockWrongs = [...]string{"", "two have the lock", "two have the Mutex", "a waiter is made ready on another hub",
	"a task is ready twice", "the lock says that it was entered twice", "somebody is woken who is not parked"}

// newLockModel returns the model with the bug. limited says which tasks have a time limit.
func newLockModel(bug lockBug, limited uint8) (model[lockModel], lockModel) {
	start := lockModel{ready: [2][3]int8{{1, 2}, {3}}, readies: [2]int8{2, 1}}
	for i := range start.tasks {
		start.tasks[i].at = firstStep(int8(i))
	}
	r := &lockRules{bug, limited}
	return model[lockModel]{r.next, func(s lockModel) bool {
		for i := range s.tasks {
			if s.tasks[i].at != atEnd {
				return false
			}
		}
		return !s.locked && s.queued == 0
	}}, start
}

// firstStep is where a task begins to lock the biased.Lock: own is for hubs.
func firstStep(t int8) int8 {
	if hubOfTask[t] == noHub {
		return atSlow
	}
	return atOwnBias
}

type lockRules struct {
	bug     lockBug
	limited uint8
}

func (r *lockRules) next(s lockModel, emit func(string, lockModel)) string {
	if s.wrong != 0 {
		return lockWrongs[s.wrong]
	}
	if s.ownLocks == biased.ModeUnknown {
		for _, found := range [...]int8{biased.ModeOn, biased.ModeOff} {
			to := s
			to.ownLocks = found
			emit([]string{"", "registered", "refused"}[found], to)
		}
	}
	for p := range s.buffers {
		if s.buffers[p].n > 0 {
			to := s
			to.drain(p)
			emit("   a store of "+procNames[p]+" is seen", to)
		}
	}
	for h := range s.current {
		if s.current[h] == 0 {
			r.schedule(s, int8(h), emit)
		} else {
			r.run(s, s.current[h]-1, emit)
		}
	}
	r.run(s, 3, emit)
	return ""
}

var procNames = [...]string{"hub A", "hub B", "the goroutine"}

// schedule is what the hub does between two tasks.
func (r *lockRules) schedule(s lockModel, h int8, emit func(string, lockModel)) {
	if s.readies[h] > 0 {
		to := s
		to.current[h] = to.ready[h][0]
		copy(to.ready[h][:], to.ready[h][1:])
		to.ready[h][2] = 0
		to.readies[h]--
		emit(procNames[h]+" resumes", to)
	}
	if s.mail[h] != 0 {
		to := s
		for t := range int8(4) {
			if s.mail[h]&(1<<t) != 0 {
				to.makeReady(h, t)
			}
		}
		to.mail[h] = 0
		emit(procNames[h]+" reads its mail", to)
	}
	for t := range int8(3) { // Fiber.Expire
		if hubOfTask[t] == h && r.limited&(1<<t) != 0 && s.tasks[t].at == atParked && !s.tasks[t].timedOut {
			to := s
			to.flush(h)
			if to.state[t] == sched.WaiterWaiting {
				to.state[t] = sched.WaiterClaimed
				to.tasks[t].timedOut = true
				to.makeReady(h, t)
				emit(procNames[h]+": a time limit is up", to)
			}
		}
	}
}

func (s *lockModel) drain(p int) {
	x := s.buffers[p].drain()
	if x.variable != varInside {
		s.state[x.variable-varState] = x.value
		return
	}
	s.inside = x.value & 1
	if x.value == endOfSection {
		s.leaveSection()
	}
}

// flush is what a locked instruction does first.
func (s *lockModel) flush(p int8) {
	if p < noHub+1 {
		for s.buffers[p].n > 0 {
			s.drain(int(p))
		}
	}
}

func (s *lockModel) enterSection(p int8) {
	if s.section != 0 && s.section != p+1 {
		s.wrong = twoInside
	}
	s.section = p + 1
	s.depth++
}

func (s *lockModel) leaveSection() {
	if s.depth--; s.depth == 0 {
		s.section = 0
	}
}

func (s *lockModel) makeReady(h, t int8) {
	switch {
	case hubOfTask[t] != h:
		s.wrong = strangerReady
		return
	case s.tasks[t].at != atParked:
		s.wrong = notParked
		return
	}
	for i := range s.readies[h] {
		if s.ready[h][i] == t+1 {
			s.wrong = readyTwice
			return
		}
	}
	s.ready[h][s.readies[h]] = t + 1
	s.readies[h]++
}

// remove takes the i-th waiter out of the queue and returns it.
func (s *lockModel) remove(i int8) int8 {
	t := s.queue[i]
	copy(s.queue[i:], s.queue[i+1:])
	s.queue[3] = 0
	s.queued--
	return t
}

package poller

import (
	"fmt"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// run emits the step that task t makes, if it can.
func (r *lockRules) run(s lockModel, t int8, emit func(string, lockModel)) {
	p := hubOfTask[t]
	if s.buffers[p].isFull() {
		return // the processor waits
	}
	from := s.tasks[t].at
	if r.step(&s, &s.tasks[t], t, p) {
		emit(fmt.Sprintf("task %d of %s: %s", t, procNames[p], atNames[from]), s)
	}
}

// step makes the step of the task k, number t, on the processor p. It reports whether the
// task could make one.
func (r *lockRules) step(s *lockModel, k *taskModel, t, p int8) bool {
	b := &s.buffers[p]
	inside := func() int8 { return b.load(varInside, s.inside) & 1 }
	id := idOf(p)
	if p == noHub {
		id = -1
	}
	switch k.at {
	case atOwnBias:
		k.owns, k.slowly = false, true
		k.at = atOwnInside
		if s.bias != id {
			k.at = atSlow
		}
	case atOwnInside:
		k.at = atEnter
		if inside() == 1 {
			k.at = atSlow
		}
	case atEnter:
		b.store(varInside, 1)
		k.at = atOwnShared
	case atOwnShared:
		if s.shared == 1 && r.bug != ownLooksNot {
			k.at = atSlow
			break
		}
		k.owns, k.slowly = true, k.doing != toUnlock
		s.enterSection(p)
		k.at = atInside
	case atSlow: // bias is p's only if p has stored that
		k.owns, k.slowly = false, true
		k.at = atMu
		if s.bias == id && inside() == 1 {
			k.at = atTooLate
		}
	case atTooLate:
		if s.shared == 0 {
			s.wrong = reentered
			return true
		}
		if r.bug != keepsInside {
			b.store(varInside, 0)
		}
		k.at = atMu
	case atMu:
		if s.mu != 0 {
			return false
		}
		s.flush(p)
		s.mu = p + 1
		k.at = atCheckShared
	case atCheckShared:
		k.at = atBias
		if s.shared == 1 {
			s.enterSection(p)
			k.at = atInside
		}
	case atBias:
		k.at = atState
		if s.bias != 0 && s.bias&modelReserved == 0 {
			k.at = atTakeShared
			if r.bug == barrierTooEarly {
				k.at = atBarrier
			}
		}
	case atTakeShared:
		s.flush(p)
		s.shared = 1
		k.at = atBarrier
		if r.bug == noBarrier || r.bug == barrierTooEarly {
			k.at = atAwait
		}
	case atBarrier, atBarrier + 1, atBarrier + 2: // each processor goes through it by itself
		s.flush(k.at - atBarrier)
		k.at++
		if k.at == atAwait && r.bug == barrierTooEarly {
			k.at = atTakeShared
		}
	case atAwait:
		if s.inside == 1 && r.bug != noAwait {
			return false
		}
		s.enterSection(p)
		k.at = atInside
	case atState:
		k.ownLocks = s.ownLocks
		k.at = atSetBias
	case atSetBias:
		s.flush(p)
		r.setBias(s, k, id)
	case atNoBiasShared:
		s.shared = 1
		s.enterSection(p)
		k.at = atInside
	case atInside:
		r.inside(s, k, t, p)
	case atClaim:
		r.claim(s, k, p)
	case atLeave:
		switch {
		case k.owns || s.bias == id && inside() == 1:
			b.store(varInside, endOfSection)
		default:
			s.flush(p)
			s.leaveSection()
			s.mu = 0
		}
		k.at = atResume
	case atResume:
		r.resume(s, k, t, p)
	case atTurn:
		if !s.turn {
			return false
		}
		s.turn = false
		k.at = atWoken
	case atParked, atWoken:
		k.at = atHold
		if k.timedOut {
			k.doing = toGiveUp
			k.at = firstStep(t)
		}
	case atHold:
		if s.holder != 0 {
			s.wrong = twoHolders
		}
		s.holder = t + 1
		k.at = atHeld
		if p != noHub { // Yield
			s.ready[p][s.readies[p]] = t + 1
			s.readies[p]++
			s.current[p] = 0
		}
	case atHeld:
		s.holder = 0
		k.doing = toUnlock
		k.at = firstStep(t)
	default:
		return false
	}
	return true
}

// setBias is the switch at the end of LockSlow.
func (r *lockRules) setBias(s *lockModel, k *taskModel, id int8) {
	mine := s.bias == 0 || s.bias == id|modelReserved
	switch r.bug {
	case reservedIsForAll:
		mine = true
	case ownerTakenLate: // any hub, as long as none is the owner
		mine = s.bias == 0
	}
	switch {
	case id < 0 || !mine || k.ownLocks == biased.ModeOff:
		s.bias = modelNoBias
		k.at = atNoBiasShared
		return
	case k.ownLocks == biased.ModeOn:
		s.bias = id
	case r.bug != ownerTakenLate:
		s.bias = id | modelReserved
	}
	s.enterSection(hubOf(id))
	k.at = atInside
}

func hubOf(id int8) int8 { return id - 2 }

// inside is what a task does with the biased.Lock: Mutex.Lock, Unlock, and sched.Node.leave.
func (r *lockRules) inside(s *lockModel, k *taskModel, t, p int8) {
	k.at = atLeave
	switch {
	case k.doing == toLock && !s.locked:
		s.locked = true
	case k.doing == toLock:
		s.buffers[p].store(varState+t, sched.WaiterWaiting)
		s.queue[s.queued] = t
		s.queued++
		k.parks = true
	case k.doing == toGiveUp:
		for i := range s.queued {
			if s.queue[i] == t {
				s.remove(i)
				break
			}
		}
	case s.queued == 0:
		s.locked = false
	case k.slowly && r.bug != claimLocalOfMutex:
		k.at = atClaim
	default: // ClaimLocal
		w := s.queue[0]
		if s.buffers[p].load(varState+w, s.state[w]) != sched.WaiterWaiting && r.bug != claimLocalLooksNot {
			k.slowly = true
			k.at = atClaim
			return
		}
		s.buffers[p].store(varState+w, sched.WaiterClaimed)
		k.claimed = s.remove(0) + 1
	}
}

// claim is one round of sched.Queue.claim.
func (r *lockRules) claim(s *lockModel, k *taskModel, p int8) {
	if s.queued == 0 {
		s.locked = false
		k.at = atLeave
		return
	}
	s.flush(p)
	w := s.remove(0)
	if s.state[w] == sched.WaiterWaiting {
		s.state[w] = sched.WaiterClaimed
		k.claimed = w + 1
		k.at = atLeave
	}
}

// resume is what comes when the biased.Lock is left.
func (r *lockRules) resume(s *lockModel, k *taskModel, t, p int8) {
	claimed := k.claimed
	k.claimed = 0
	if claimed > 0 {
		w := claimed - 1
		switch to := hubOfTask[w]; {
		case p != noHub && (!k.slowly || r.bug == claimLocalOfMutex || r.bug == resumesHere || to == p):
			s.makeReady(p, w)
		case to == noHub:
			s.turn = true
		default:
			s.flush(p)
			s.mail[to] |= 1 << w
		}
	}
	switch {
	case k.parks && p == noHub:
		k.at = atTurn
	case k.parks:
		k.at = atParked
		s.current[p] = 0
	case k.doing == toLock:
		k.at = atHold
	default:
		k.at = atEnd
		if p != noHub {
			s.current[p] = 0
		}
	}
	k.parks = false
}

func TestBiasedLockModel(t *testing.T) {
	for _, limited := range []uint8{0, 1 << 1, 1 << 2, 1<<1 | 1<<2} {
		if testing.Short() && limited != 0 {
			break
		}
		m, start := newLockModel(noBug, limited)
		m.check(t, start, 20_000_000, false)
	}
}

var atNames = [...]string{"ownBias", "ownInside", "enter", "ownShared", "slow", "tooLate", "mu", "checkShared", "bias", "takeShared",
	"barrier", "barrier", "barrier", "await", "state", "setBias", "noBiasShared", "inside", "claim", "leave", "resume",
	"parked", "turn", "woken", "hold", "held", "end"}

// The model finds each omitted or changed step, and so would find it in the code.
func TestBiasedLockModel_broken(t *testing.T) {
	for name, bug := range map[string]lockBug{
		"a hub becomes the owner though others have used the lock": ownerTakenLate,
		"any hub may take what another one has reserved":           reservedIsForAll,
		"no barrier between the store of shared and the look":      noBarrier,
		"the barrier comes before the store of shared":             barrierTooEarly,
		"nobody waits until the owner is outside":                  noAwait,
		"own does not look at shared":                              ownLooksNot,
		"own's word is not taken back":                             keepsInside,
		"claimLocal does not look whether a timer was faster":      claimLocalLooksNot,
		"claimLocal where the hub does not own the lock":           claimLocalOfMutex,
		"resume takes the task for its own":                        resumesHere,
	} {
		t.Run(name, func(t *testing.T) {
			m, start := newLockModel(bug, 1<<1|1<<2)
			m.check(t, start, 5_000_000, true)
		})
	}
}

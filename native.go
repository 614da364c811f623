//go:build !stackful_portable && (amd64 || arm64) && (linux || darwin || freebsd)

package stackful

// The routines of arch_*.s. All that suspend have the same shape: 24 bytes of
// arguments, then the value that resumes them. So a stack can be resumed
// without knowing which of them suspended it.

// switchFast is Switch while nobody else can look at a carrier; otherwise it
// goes on in switchRefused. It is called from the frame that called Switch,
// which inlines it: nothing of ours returns after a switch, and a return that
// the processor mispredicts costs more than the whole switch.
func switchFast(s *Stack, v any) any

// finishFast ends s and resumes next, if nobody else can look at a carrier;
// otherwise it returns.
func finishFast(s, next *Stack, v any)

// switchLocked and finishLocked do the same under the carrier's lock, and take
// the value from the target's transfer.
func switchLocked(s *Stack, token, _ uint64) (v any, why refusal)

func finishLocked(s, next *Stack, token uint64) (why refusal)

// What the assembly calls, and what it knows about this process.
var (
	runEntryValue = runEntry
	guardDistance uintptr // stackguard0 - stack.lo
	sentinel      uintptr // see gc.go
	goexitPC      uintptr // return address at the bottom of every goroutine
)

// attachNative prepares a new owner. The goroutine's g may have been made in
// the mark phase that runs, if one does.
func (o *owner) attachNative() {
	o.cache = new(carrierCache)
	o.born = phaseToken(offerToken())
}

// phaseToken returns the token of the current mark phase, 0 if none runs.
// If the phase has none yet, it gets the one offered.
//
//go:noescape
func phaseToken(offered uint64) uint64

// switchNative resumes s, which is suspended or fresh and belongs to the
// running goroutine, and is not running.
//
//go:noinline
//go:norace
func (s *Stack) switchNative(op string, transfer any) any {
	o := s.owner
	for wait := (gcWait{}); ; {
		if s.state == stateFresh && o.cache.n == 0 {
			o.cache.refill()
		}
		s.transfer = transfer
		o.starting = s // shades s, which a fresh stack gets in a register
		v, why := switchLocked(s, offerToken(), 0)
		switch why {
		case 0:
			return v
		case refusedForeign:
			s.transfer = nil
			misuse(op, ErrForeignFrames)
		case refusedState:
			// The cache was emptied, or filled, under our feet: impossible,
			// since only this goroutine uses it.
			panic("BUG: stackful: switch refused: " + op)
		default:
			wait.wait()
		}
	}
}

// finishNative ends s, the running stack, and resumes next, which belongs to
// the same goroutine and is suspended or fresh. It does not return.
//
//go:noinline
//go:norace
func (s *Stack) finishNative(op string, next *Stack, out any) {
	o := s.owner
	s.entry = nil
	if o.cache.n == cacheSlots {
		o.cache.giveBack(cacheSlots / 2)
	}
	if _, top := out.(topCall); !top && !raceEnabled {
		finishFast(s, next, out)
	}
	for wait := (gcWait{}); ; {
		if next.state == stateFresh && o.cache.n == 0 {
			o.cache.refill()
		}
		next.transfer = out
		o.starting = next
		switch finishLocked(s, next, offerToken()) {
		case refusedForeign:
			next.transfer = nil
			misuse(op, ErrForeignFrames)
		case refusedState:
			panic("BUG: stackful: finish refused: " + op)
		default:
			wait.wait()
		}
	}
}

// guardOf returns stackguard0 - stack.lo of the running goroutine, or nonsense
// while a request to yield is pending.
//
//go:noescape
func guardOf() uintptr

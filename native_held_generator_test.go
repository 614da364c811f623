package stackful

import "testing"

// generating returns a stack that runs seq, and has come to its first yield, and the fast
// next function for it.
func generating(seq func(yield func(int) bool)) (s *Stack, next func() (int, bool)) {
	s = new(Stack)
	slot := new([4]int)
	s.Init(func(s *Stack, _ any) (*Stack, any) {
		seq(NewYield(s, &slot[0], func(v int) bool { slot[0] = v; return s.Yielded() }))
		return s.Resumer(), nil
	})
	s.Resume(true)
	return s, NewNext(s, func() (int, bool) {
		if !Arrived() {
			s.Resume(true)
		}
		return slot[0], !s.Done()
	})
}

// A generator whose carrier is held is not resumed, and does not yield to a stack whose
// carrier is.
func TestHeld_generators(t *testing.T) {
	needFastYield(t)
	for what, hold := range holds {
		for name, ask := range map[string]func(s *Stack, next func() (int, bool)){
			"Resume": func(s *Stack, _ func() (int, bool)) { s.Resume(true) },
			"next":   func(_ *Stack, next func() (int, bool)) { next() },
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				onOwnGoroutine(t, func() {
					var h *holder
					early := false
					s, next := generating(func(yield func(int) bool) {
						yield(1)
						early = h.holding.Load()
						yield(2)
					})
					h = hold(s.yieldHost &^ hasDeferOrPanic)
					marked(func() { h.later(); ask(s, next) })
					<-h.ended
					if early {
						t.Error("resumed while its carrier was held")
					}
					s.Resume(true)
				})
			})
			t.Run("yield to "+name+", "+what, func(t *testing.T) {
				onOwnGoroutine(t, func() {
					root := Current()
					var h *holder
					s, next := generating(func(yield func(int) bool) {
						yield(1)
						x := root.carrier()
						if root.yieldHost != 0 { // it is in a next function
							x = root.yieldHost &^ hasDeferOrPanic
						}
						h = hold(x)
						*profiledOf(currentOwner().g) = profileSatisfied
						h.later()
						yield(2)
					})
					ask(s, next)
					early := h.holding.Load()
					*profiledOf(currentOwner().g) = 0
					<-h.ended
					if early {
						t.Error("yields to a stack while its carrier was held")
					}
					s.Resume(true)
				})
			})
		}
	}
}

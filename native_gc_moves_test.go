package stackful

import "testing"

// Which stacks are not scanned yet when the window opens: that of G, and those on late
// carriers. In each of these tests one of them has something that only it refers to, and a
// wrong move would bring it to a slot that has been scanned.

// resting returns a stack that is suspended on carrier, and does f when it is resumed.
func suspendedOn(carrier uintptr, f func() (next *Stack, out any)) *Stack {
	lend(carrier)
	s := New(func(any) (*Stack, any) {
		Current().Root().Switch(nil)
		return f()
	})
	s.Switch(nil)
	return s
}

// The running stack, not scanned, must not come to a carrier that is scanned: by a switch,
func TestGC_leaves(t *testing.T) {
	testLeaves(t, func(s *Stack) { s.Switch(nil) })
}

// the slow one too,
func TestGC_leavesCarefully(t *testing.T) {
	testLeaves(t, func(s *Stack) { s.SwitchRun(func() any { return nil }) })
}

// nor by raising a panic there.
func TestGC_leavesWithPanic(t *testing.T) {
	testLeaves(t, func(s *Stack) { s.SwitchPanic("to be recovered") })
}

func testLeaves(t *testing.T, resume func(s *Stack)) {
	inWindow(t, func(w *window) (met bool, lost string) {
		lend(w.takeEarly())
		s := New(func(any) (*Stack, any) {
			func() {
				defer func() { recover() }()
				Current().Root().Switch(nil)
			}()
			w.close()
			return nil, nil
		})
		s.Switch(nil)
		lost = hold(func() {
			met = w.open()
			resume(s)
		})
		return met, lost
	})
}

// Nor must it when a stack starts on such a carrier.
func TestGC_leavesForFresh(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		lost = hold(func() {
			met = w.open()
			lend(w.takeEarly())
			New(func(any) (*Stack, any) { w.close(); return nil, nil }).Switch(nil)
		})
		return met, lost
	})
}

// A suspended stack, not scanned, must not come to a goroutine that is scanned: by a switch,
func TestGC_comes(t *testing.T) {
	testComes(t, func(s *Stack) { s.Switch(nil) })
}

// or as what goes on when another stack ends.
func TestGC_comesAtAnEnd(t *testing.T) {
	testComes(t, func(s *Stack) { New(func(any) (*Stack, any) { return s, nil }).Switch(nil) })
}

func testComes(t *testing.T, resume func(s *Stack)) {
	inWindow(t, func(w *window) (met bool, lost string) {
		made, ended := make(chan *Stack), make(chan bool)
		x, y := w.takeLate(), w.takeLate()
		w.onEarly <- func() {
			lend(x)
			s := New(func(any) (*Stack, any) {
				lost = hold(func() {
					Current().Root().Switch(nil)
					w.close()
				})
				return nil, nil
			})
			s.Switch(nil)
			made <- s
		}
		s := <-made
		met = w.open()
		w.onEarly <- func() {
			lend(y)
			resume(s)
			close(ended)
		}
		<-ended
		return met, lost
	})
}

// A stack that is not scanned stays known as such when it has changed slots, and so must not
// go to a carrier that is scanned by its next move: after it has come to G by a switch,
func TestGC_movesTwice(t *testing.T) {
	testMovesTwice(t, func(s *Stack) { s.Switch(nil) })
}

// or when another stack ended.
func TestGC_movesTwiceAfterAnEnd(t *testing.T) {
	testMovesTwice(t, func(s *Stack) { New(func(any) (*Stack, any) { return s, nil }).Switch(nil) })
}

func testMovesTwice(t *testing.T, resume func(s *Stack)) {
	inWindow(t, func(w *window) (met bool, lost string) {
		var s *Stack
		early := suspendedOn(w.takeEarly(), func() (*Stack, any) { w.close(); return s, nil })
		lend(w.takeLate())
		s = New(func(any) (*Stack, any) {
			lost = hold(func() {
				Current().Root().Switch(nil)
				early.Switch(nil)
			})
			return nil, nil
		})
		s.Switch(nil)
		lend(w.takeLate())
		met = w.open()
		resume(s)
		return met, lost
	})
}

// or after it has left G, and come back.
func TestGC_movesAwayAndBack(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		root := Current()
		early := suspendedOn(w.takeEarly(), func() (*Stack, any) { w.close(); return nil, nil })
		late := suspendedOn(w.takeLate(), func() (*Stack, any) { return nil, root.Switch(nil) })
		lost = hold(func() {
			met = w.open()
			late.Switch(nil)
			early.Switch(nil)
		})
		late.Switch(nil)
		return met, lost
	})
}

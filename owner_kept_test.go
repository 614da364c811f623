package stackful

import (
	"runtime"
	"sync"
	"testing"
	"unsafe"
)

var keptLocal = NewOwnerLocal[string]()

// crowd has n goroutines use the package, and end.
func crowd(n int, use func()) {
	var ended sync.WaitGroup
	for range n {
		ended.Go(use)
	}
	ended.Wait()
}

// What is stored for a goroutine is there as long as it lives, however many others
// use the package, and all code that refers to its stacks.
func TestOwner_kept(t *testing.T) {
	slot, hooks := new(int), 0
	for name, c := range map[string]struct {
		store func()
		there func() bool
	}{
		"OwnerLocal": {
			func() { keptLocal.Set("mine") },
			func() bool { return keptLocal.Get() == "mine" },
		},
		"SetData": {
			func() { Current().SetData("mine") },
			func() bool { return Current().Data() == "mine" },
		},
		"SetSlot": {
			func() { SetSlot(unsafe.Pointer(slot)) },
			func() bool { return Slot() == unsafe.Pointer(slot) },
		},
		"SetSwitchHook": {
			func() { SetSwitchHook(func(_, _ *Stack, _ bool) { hooks++ }) },
			func() bool {
				New(func(any) (*Stack, any) { return nil, nil }).Switch(nil)
				return hooks == 2
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			stored, check, checked := make(chan bool), make(chan bool), make(chan bool)
			there := false
			go func() {
				defer close(checked)
				c.store()
				close(stored)
				<-check
				there = c.there()
			}()
			<-stored
			crowd(2*nearOwners, func() { Current() })
			for range 4 {
				runtime.GC()
			}
			close(check)
			<-checked
			if !there {
				t.Error("it is gone")
			}
		})
	}
}

// keptNow returns how many owners are kept, and how many there are.
func keptNow() (kept, all int) {
	ownersMu.Lock()
	kept, all = len(keptOwners), len(owners)
	ownersMu.Unlock()
	if !native {
		portableStacks.mu.Lock()
		all = len(portableStacks.roots)
		portableStacks.mu.Unlock()
	}
	return kept, all
}

// Goroutines that have ended keep nothing, whatever they stored.
func TestOwner_released(t *testing.T) {
	n := 1_000_000
	switch {
	case !native:
		n = 20_000
	case testing.Short(), raceEnabled:
		n = 50_000
	}
	runtime.GC()
	before, _ := keptNow()
	most := 0
	for i := range n / 500 {
		crowd(500, func() { keptLocal.Set("mine") })
		if i%16 == 0 {
			kept, _ := keptNow()
			most = max(most, kept-before)
		}
	}
	// That a goroutine has ended is seen when another one takes its place in ownersNear.
	if native && most > nearOwners+1000 {
		t.Errorf("%d owners were kept at a time", most)
	}
	released := func() bool {
		kept, all := keptNow()
		return kept <= before+keptFewAtMost && all <= before+nearOwners+keptFewAtMost
	}
	for range 1000 {
		if released() {
			return
		}
		crowd(10, func() { keptLocal.Set("mine") }) // the portable backend looks only if there are some
		runtime.GC()
		runtime.Gosched() // the finalizer that looks
	}
	kept, all := keptNow()
	t.Errorf("of %d owners %d are kept, %d are there; %d were kept before", n, kept, all, before)
}

// keptFewAtMost is what may be left: the portable backend does not look for so few.
const keptFewAtMost = 3 * 64

// The use of the package alone does not keep an owner, nor does data that can be made again.
func TestOwner_notKept(t *testing.T) {
	use := func() {
		Current().SetData(remade{})
		s := New(func(any) (*Stack, any) { return nil, nil })
		s.SetData("the stack's")
		s.Switch(nil)
	}
	before, _ := keptNow()
	live, over := make(chan bool), make(chan bool)
	var ended sync.WaitGroup
	for range 100 {
		ended.Go(func() { use(); live <- true; <-over })
	}
	for range 100 {
		<-live
	}
	if kept, _ := keptNow(); kept > before {
		t.Errorf("%d owners are kept", kept-before)
	}
	close(over)
	ended.Wait()
}

type remade struct{}

func (remade) Remade() {}

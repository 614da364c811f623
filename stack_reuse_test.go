package stackful

import (
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// A life leaves nothing behind that the next one reads, however it ends: of what Stack holds, only
// what Init sets, the owner's data, and the token of a mark phase, by which a fresh stack is not
// judged, outlive it.
func TestInit_nothingIsLeft(t *testing.T) {
	root := Current()
	leave := func(s *Stack) (*Stack, any) { s.Root().Switch(nil); return nil, nil }
	producer := func() *Stack {
		p := New(func(any) (*Stack, any) { root.Switch(nil); return nil, nil })
		return p
	}
	ends := map[string]func(s *Stack){
		"returns": func(s *Stack) {
			s.Init(func(*Stack, any) (*Stack, any) { return nil, nil })
			s.Switch(nil)
		},
		"returns after a switch": func(s *Stack) {
			s.Init(func(s *Stack, _ any) (*Stack, any) { return leave(s) })
			s.Switch(nil)
			s.Switch(nil)
		},
		"calls Goexit": func(s *Stack) {
			ended := make(chan bool)
			go func() {
				defer close(ended)
				s.Init(func(*Stack, any) (*Stack, any) { runtime.Goexit(); return nil, nil })
				s.Switch(nil) // Goexit goes on here
			}()
			<-ended
		},
		"panics in a yield": func(s *Stack) {
			values := new([4]int)
			s.Init(func(s *Stack, _ any) (*Stack, any) {
				defer func() { recover() }()
				yield := NewYield(s, &values[0], func(v int) bool { values[0] = v; return s.Yielded() })
				for yield(1) {
				}
				return nil, nil
			})
			s.Resume(true)
			s.Resume(true)
			s.SwitchPanic("out of the yield")
		},
		"is resumed and ends": func(s *Stack) {
			s.Init(func(*Stack, any) (*Stack, any) { return nil, nil })
			s.Resume(true)
		},
		"panics in next": func(s *Stack) {
			p := producer()
			s.Init(func(*Stack, any) (*Stack, any) {
				defer func() { recover() }()
				NewNext(p, func() (int, bool) {
					if !Arrived() {
						p.Resume(true)
					}
					return 0, false
				})()
				return nil, nil
			})
			s.Switch(nil)
			s.SwitchPanic("out of next")
			p.Switch(nil)
		},
		"is discarded": func(s *Stack) {
			s.Init(func(s *Stack, _ any) (*Stack, any) { return leave(s) })
			s.Switch(nil)
			// Not while the collector marks, nor in every build.
			for tries := 0; !s.Discard(); tries++ {
				if runtime.Gosched(); tries == 1000 {
					s.Switch(nil)
					break
				}
			}
		},
	}
	kept := []string{"owner", "data", "black", "state"}
	if !native {
		kept = append(kept, "relay")
	}
	for name, end := range ends {
		s := new(Stack)
		end(s)
		if !s.Done() {
			t.Errorf("%s: is not done", name)
			continue
		}
		left := func(kept []string) {
			v := reflect.ValueOf(s).Elem()
			for i := range v.NumField() {
				if field := v.Type().Field(i).Name; !v.Field(i).IsZero() && !slices.Contains(kept, field) {
					t.Errorf("%s: %s is left: %v", name, field, v.Field(i))
				}
			}
		}
		left(append(kept, "resumer")) // until the next life, for Resumer of a stack that has ended
		s.Init(func(*Stack, any) (*Stack, any) { return nil, nil })
		left(append(kept, "entry"))
		s.Switch(nil)
	}
}

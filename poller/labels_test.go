package poller

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

var labelsLine = regexp.MustCompile(`# labels: \{(.*)\}`)

// labelsNow returns the calling goroutine's labels, as a goroutine profile shows them.
func labelsNow() string {
	var profile strings.Builder
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if m := labelsLine.FindStringSubmatch(block); m != nil && strings.Contains(block, "poller.labelsNow") {
			return strings.ReplaceAll(m[1], `"`, "")
		}
	}
	return ""
}

// asking is held in labelsNow.
var asking sync.Mutex

func wantLabels(t *testing.T, where, want string) {
	t.Helper()
	asking.Lock()
	got := labelsNow()
	asking.Unlock()
	if got != want {
		t.Errorf("%s: labels {%s}, want {%s}", where, got, want)
	}
}

// as runs f with the label "who", and no others.
func as(who string, f func()) {
	pprof.Do(context.Background(), pprof.Labels("who", who), func(context.Context) { f() })
}

// runLabelled is run with Options.Labels.
func runLabelled(t *testing.T, main func()) {
	t.Helper()
	if !asm.KnowsLabels {
		t.Skip("this Go release is not known")
	}
	needNil(t, Options{Labels: true}.Run(main))
}

// Labels are the task's: they are put on and off with it, and what it starts inherits
// them.
func TestLabels(t *testing.T) {
	runLabelled(t, func() {
		wantLabels(t, "main", "task:main")
		worker := func(who string) func() {
			return func() {
				wantLabels(t, who+" starts", "")
				as(who, func() {
					for range 3 {
						Yield()
						wantLabels(t, who+" goes on", "who:"+who)
						Sleep(1)
						wantLabels(t, who+" has slept", "who:"+who)
					}
					child := Go(func() {
						wantLabels(t, who+"'s child starts", "who:"+who)
						as("child", Yield)
						wantLabels(t, who+"'s child after a Do", "")
					})
					as(who+"2", func() {
						child.Join()
						wantLabels(t, who+" inside", "who:"+who+"2")
					})
				})
				Yield()
				wantLabels(t, who+" after all", "")
			}
		}
		needNil(t, JoinAll(Go(worker("a")), Go(worker("b"))))
		wantLabels(t, "main after all", "task:main")
		as("main", func() {
			later := GoAfter(1, func() { wantLabels(t, "later", "who:main") })
			Yield()
			wantLabels(t, "main in a Do", "who:main")
			needNil(t, later.Join())
		})
		Yield()
		if !sched.Here().IsPortable {
			wantLabels(t, "main after its Do", "task:main")
		}
	})
}

// What a task leaves behind is not found by the next one on its stack.
func TestLabels_left(t *testing.T) {
	runLabelled(t, func() {
		for i := range 3 {
			needNil(t, Go(func() {
				wantLabels(t, "a task", "")
				pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("left", fmt.Sprint(i))))
			}).Join())
			wantLabels(t, "main", "task:main")
			killed := Go(func() {
				as("killed", func() {
					defer func() { wantLabels(t, "a killed task", "who:killed") }()
					Sleep(time.Hour)
				})
			})
			Yield()
			killed.Kill()
			wantLabels(t, "main after Kill", "task:main")
		}
	})
}

// The name is the label of tasks without another one, whenever it is given.
func TestLabels_names(t *testing.T) {
	runLabelled(t, func() {
		needNil(t, Go(func() { wantLabels(t, "named", "task:first") }).SetName("first").Join())
		as("user", func() {
			needNil(t, Go(func() { wantLabels(t, "inherited before name", "who:user") }).SetName("x").Join())
		})
		if sched.Here().IsPortable {
			return
		}
		needNil(t, Go(func() {
			wantLabels(t, "unnamed", "")
			Current().SetName("own")
			wantLabels(t, "named by itself", "task:own")
			as("user", func() {
				Current().SetName("other")
				wantLabels(t, "named with other labels", "who:user")
				Yield()
				wantLabels(t, "the same later", "who:user")
			})
			Yield()
			wantLabels(t, "without other labels", "task:other")
		}).Join())
		parked := Go(func() {
			Yield()
			wantLabels(t, "named while parked", "task:parked")
		}).SetName("ready")
		Yield()
		parked.SetName("parked")
		wantLabels(t, "who names", "task:main")
		needNil(t, parked.Join())
	})
}

// The goroutine has its own labels again after Run, and others bring theirs.
func TestLabels_outside(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		as("caller", func() {
			runLabelled(t, func() {
				wantLabels(t, "main", "who:caller")
				Go(func() { wantLabels(t, "a task", "who:caller") })
				as("main", func() {
					Await(func() (int, error) { wantLabels(t, "Await", "who:main"); return 0, nil })
					started := make(chan struct{})
					go func() { wantLabels(t, "a goroutine", "who:main"); close(started) }()
					Await(func() (int, error) { <-started; return 0, nil })
				})
				here, end := Here(), new(Event)
				Await(func() (int, error) {
					as("helper", func() {
						here.Go(func() { wantLabels(t, "from outside", "who:helper"); end.Set() })
					})
					return 0, nil
				})
				end.Wait()
				Current().Link(func(*Task) { Go(func() {}) })
			})
			wantLabels(t, "after Run", "who:caller")
		})
	}()
	<-done
}

// Without the option labels are the goroutine's, as of any code that runs on it.
func TestLabels_off(t *testing.T) {
	run(t, func() {
		if sched.Here().IsPortable {
			t.Skip("each task is on a goroutine of its own")
		}
		Go(func() { wantLabels(t, "another task", "who:main") })
		as("main", func() { Yield() })
	})
}

// A CPU profile shows what each task does under its labels.
func TestLabels_profile(t *testing.T) {
	if f := flag.Lookup("test.cpuprofile"); runtime.GOOS != "linux" || f != nil && f.Value.String() != "" {
		t.Skip("no profile can be taken")
	}
	var profile bytes.Buffer
	runLabelled(t, func() {
		for attempt := 1; ; attempt++ {
			profile.Reset()
			needNil(t, pprof.StartCPUProfile(&profile))
			until := time.Now().Add(time.Duration(attempt) * 300 * time.Millisecond)
			needNil(t, JoinAll(
				Go(func() { as("one", func() { burnOne(until) }) }),
				Go(func() { burnTwo(until) }).SetName("two"),
			))
			pprof.StopCPUProfile()
			one, two := labelCounts(t, profile.Bytes(), "poller.burnOne"), labelCounts(t, profile.Bytes(), "poller.burnTwo")
			for got, want := range map[string]map[string]int{"who:one": one, "task:two": two} {
				for l := range want {
					if l != got {
						t.Errorf("samples of %q are labelled %q", got, l)
					}
				}
			}
			if t.Failed() || one["who:one"] > 0 && two["task:two"] > 0 {
				return
			}
			if attempt == 10 {
				t.Fatalf("too few samples: %v, %v", one, two)
			}
		}
	})
}

var sink int

//go:noinline
func burnOne(until time.Time) {
	for time.Now().Before(until) {
		for i := range 200_000 {
			sink += i * i
		}
		Yield()
	}
}

//go:noinline
func burnTwo(until time.Time) {
	for time.Now().Before(until) {
		for i := range 200_000 {
			sink -= i * i
		}
		Yield()
	}
}

// labelCounts returns how often a profile has found the function at work itself, by
// labels.
func labelCounts(t *testing.T, profile []byte, function string) map[string]int {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(profile))
	needNil(t, err)
	raw, err := io.ReadAll(z)
	needNil(t, err)
	var texts []string
	var samples [][]byte
	locations, functions := make(map[uint64][]uint64), make(map[uint64]uint64)
	fields(raw, func(field int, _ uint64, b []byte) {
		switch field {
		case 2:
			samples = append(samples, b)
		case 4:
			var id uint64
			fields(b, func(field int, n uint64, b []byte) {
				switch field {
				case 1:
					id = n
				case 4:
					fields(b, func(field int, n uint64, _ []byte) {
						if field == 1 {
							locations[id] = append(locations[id], n)
						}
					})
				}
			})
		case 5:
			var id uint64
			fields(b, func(field int, n uint64, _ []byte) {
				switch field {
				case 1:
					id = n
				case 2:
					functions[id] = n
				}
			})
		case 6:
			texts = append(texts, string(b))
		}
	})
	counts := make(map[string]int)
	for _, s := range samples {
		has, label, seen, times := false, "", false, uint64(0)
		fields(s, func(field int, n uint64, b []byte) {
			if b != nil { // a list, which may also come as separate fields
				n, _ = binary.Uvarint(b)
			}
			switch field {
			case 1:
				for _, f := range locations[n] {
					has = has || !seen && strings.HasSuffix(texts[functions[f]], function)
				}
				seen = true // the innermost
			case 2:
				times = cmp.Or(times, n) // the first
			case 3:
				var key, text uint64
				fields(b, func(field int, n uint64, _ []byte) {
					switch field {
					case 1:
						key = n
					case 2:
						text = n
					}
				})
				label += texts[key] + ":" + texts[text]
			}
		})
		if has {
			counts[label] += int(times)
		}
	}
	return counts
}

// fields calls f for each field of a protocol buffer: n is a number's value, b the
// contents of anything else.
func fields(data []byte, f func(field int, n uint64, b []byte)) {
	for len(data) > 0 {
		key, k := binary.Uvarint(data)
		n, l := binary.Uvarint(data[k:])
		data = data[k+l:]
		if key&7 == 2 {
			f(int(key>>3), 0, data[:n])
			data = data[n:]
		} else {
			f(int(key>>3), n, nil)
		}
	}
}

// Profiles show which task has used the processor.
func ExampleOptions_labels() {
	Options{Labels: true}.Run(func() {
		work := func(n int) {
			// All that is done here has the label, in whatever order tasks run.
			Yield()
			fmt.Println("worked", n)
		}
		for i := range 2 {
			Go(func() {
				pprof.Do(context.Background(), pprof.Labels("request", fmt.Sprint(i)), func(context.Context) { work(i) })
			})
		}
		Go(func() { work(2) }).SetName("cleaner") // has the label task:cleaner
		YieldIO()
		YieldIO()
	})
	// Output:
	// worked 0
	// worked 1
	// worked 2
}

func BenchmarkYieldLabels(b *testing.B) {
	needNil(b, Options{Labels: true}.Run(func() {
		Go(func() {
			for {
				Yield()
			}
		})
		for b.Loop() {
			Yield() // there and back: two switches
		}
	}))
}

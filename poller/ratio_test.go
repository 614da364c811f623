//go:build linux

package poller

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/timers"
)

// cpuTime returns the CPU time that the process has used, in nanoseconds.
func cpuTime(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// benchRatio measures the CPU time of n times ours and n times theirs, in turn,
// and reports the medians for one, and how many times theirs is ours. It is what
// to compare on a machine that does other things too.
func benchRatio(b *testing.B, n int, ours, theirs func(n int)) {
	const rounds = 21
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	for b.Loop() {
		var a, z []float64
		for range rounds {
			start := cpuTime(b)
			ours(n)
			middle := cpuTime(b)
			theirs(n)
			end := cpuTime(b)
			a, z = append(a, (middle-start)/float64(n)), append(z, (end-middle)/float64(n))
		}
		slices.Sort(a)
		slices.Sort(z)
		b.ReportMetric(a[rounds/2], "ours-ns")
		b.ReportMetric(z[rounds/2], "theirs-ns")
		b.ReportMetric(z[rounds/2]/a[rounds/2], "times")
		b.ReportMetric(0, "ns/op")
	}
}

func BenchmarkRatioSpawnJoin(b *testing.B) {
	benchRatio(b, 200_000,
		func(n int) {
			run(b, func() {
				for range n {
					Go(func() {}).Join()
				}
			})
		},
		func(n int) {
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {})
				wg.Wait()
			}
		})
}

// As above, but a thousand at a time.
func BenchmarkRatioSpawnMany(b *testing.B) {
	benchRatio(b, 200,
		func(n int) {
			run(b, func() {
				var wg WaitGroup
				for range n {
					for range 1000 {
						wg.Go(func() {})
					}
					wg.Wait()
				}
			})
		},
		func(n int) {
			var wg sync.WaitGroup
			for range n {
				for range 1000 {
					wg.Go(func() {})
				}
				wg.Wait()
			}
		})
}

func BenchmarkRatioChan(b *testing.B) {
	benchRatio(b, 200_000,
		func(n int) {
			run(b, func() {
				c := NewChan[int](0)
				Go(func() {
					for range c.All() {
					}
				})
				for range n {
					c.Send(1)
				}
			})
		},
		func(n int) {
			c := make(chan int)
			go func() {
				for range c {
				}
			}()
			for range n {
				c <- 1
			}
			close(c)
		})
}

// There and back: two hand-overs each.
func BenchmarkRatioChanPingPong(b *testing.B) {
	benchRatio(b, 100_000,
		func(n int) {
			run(b, func() {
				p, q := NewChan[int](0), NewChan[int](0)
				Go(func() {
					for v := range p.All() {
						q.Send(v)
					}
				})
				for range n {
					p.Send(1)
					q.Recv()
				}
			})
		},
		func(n int) {
			p, q := make(chan int), make(chan int)
			go func() {
				for v := range p {
					q <- v
				}
			}()
			for range n {
				p <- 1
				<-q
			}
			close(p)
		})
}

// There and back: two hand-overs each.
func BenchmarkRatioMutex(b *testing.B) {
	benchRatio(b, 100_000,
		func(n int) {
			run(b, func() {
				var p, q Mutex
				p.Lock()
				q.Lock()
				Go(func() {
					for {
						p.Lock()
						q.Unlock()
					}
				})
				for range n {
					p.Unlock()
					q.Lock()
				}
			})
		},
		func(n int) {
			var p, q sync.Mutex
			var done bool
			p.Lock()
			q.Lock()
			go func() {
				for p.Lock(); !done; p.Lock() {
					q.Unlock()
				}
			}()
			for range n {
				p.Unlock()
				q.Lock()
			}
			done = true
			p.Unlock()
		})
}

// The same between two tasks that run the same function: the processor then knows
// where the calls return to that a switch resumes.
func BenchmarkRatioMutexOfOneKind(b *testing.B) {
	benchRatio(b, 100_000,
		func(n int) {
			run(b, func() {
				var p, q Mutex
				p.Lock()
				q.Lock()
				first := Go(func() { takeTurns(&p, &q, n) })
				second := Go(func() { takeTurns(&q, &p, n) })
				p.Unlock()
				JoinAll(first, second)
			})
		},
		func(n int) {
			var p, q sync.Mutex
			var wg sync.WaitGroup
			p.Lock()
			q.Lock()
			wg.Go(func() { goroutinesTakeTurns(&p, &q, n) })
			wg.Go(func() { goroutinesTakeTurns(&q, &p, n) })
			p.Unlock()
			wg.Wait()
		})
}

//go:noinline
func takeTurns(mine, other *Mutex, n int) {
	for range n {
		mine.Lock()
		other.Unlock()
	}
}

//go:noinline
func goroutinesTakeTurns(mine, other *sync.Mutex, n int) {
	for range n {
		mine.Lock()
		other.Unlock()
	}
}

func BenchmarkRatioYield(b *testing.B) {
	benchRatio(b, 200_000,
		func(n int) {
			run(b, func() {
				Go(func() {
					for {
						Yield()
					}
				})
				for range n {
					Yield()
				}
			})
		},
		func(n int) {
			done := false
			go func() {
				for !done {
					runtime.Gosched()
				}
			}()
			for range n {
				runtime.Gosched()
			}
			done = true
			runtime.Gosched()
		})
}

// BenchmarkRatioSleep has 100,000 tasks, and then as many goroutines, that sleep
// for 1 to 1,000 ms, three times each, and compares the CPU time of a sleep. The
// first round of each is not counted: it gets from the system the memory that all
// others use again, those of the other side too.
func BenchmarkRatioSleep(b *testing.B) {
	const sleepers, times, rounds = 100_000, 3, 3
	length := func(i int) time.Duration {
		return time.Millisecond + time.Duration(i*7919%999_000)*time.Microsecond
	}
	ours := func() {
		run(b, func() {
			var wg WaitGroup
			for i := range sleepers {
				wg.Go(func() {
					for k := range times {
						Sleep(length(i + k))
					}
				})
			}
			wg.Wait()
		})
	}
	theirs := func() {
		var wg sync.WaitGroup
		for i := range sleepers {
			wg.Go(func() {
				for k := range times {
					time.Sleep(length(i + k))
				}
			})
		}
		wg.Wait()
	}
	measure := func(f func()) float64 {
		runtime.GC() // what the other side has left is not this one's
		start := cpuTime(b)
		f()
		return (cpuTime(b) - start) / (sleepers * times)
	}
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	for b.Loop() {
		ours()
		theirs()
		var a, z []float64
		for range rounds {
			a, z = append(a, measure(ours)), append(z, measure(theirs))
		}
		slices.Sort(a)
		slices.Sort(z)
		b.ReportMetric(a[rounds/2], "ours-ns")
		b.ReportMetric(z[rounds/2], "theirs-ns")
		b.ReportMetric(z[rounds/2]/a[rounds/2], "times")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkTimers arms, moves and cancels timers while so many others are armed.
func BenchmarkTimers(b *testing.B) {
	for _, live := range []int{1_000, 100_000, 1_000_000} {
		r := rand.New(rand.NewPCG(1, 1))
		all := make([]timers.Timer, live)
		var ts timers.Heap
		now := int64(0)
		for i := range all {
			all[i].Owner = new(nothing)
			ts.Arm(&all[i], now+1+r.Int64N(1e9))
		}
		b.Run(fmt.Sprintf("live=%d/op=move", live), func(b *testing.B) {
			for b.Loop() {
				ts.Arm(&all[r.IntN(live)], now+1+r.Int64N(1e9))
			}
		})
		b.Run(fmt.Sprintf("live=%d/op=cancel+arm", live), func(b *testing.B) {
			for b.Loop() {
				t := &all[r.IntN(live)]
				ts.Disarm(t)
				ts.Arm(t, now+1+r.Int64N(1e9))
			}
		})
		b.Run(fmt.Sprintf("live=%d/op=expire+arm", live), func(b *testing.B) {
			for b.Loop() {
				now = ts.Next()
				t := ts.Entries[0].T
				ts.Run(now)
				ts.Arm(t, now+1+r.Int64N(1e9))
			}
		})
	}
}

type nothing struct{}

func (*nothing) Expire(int64) {}

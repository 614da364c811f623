package poller

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestGo_startsInOrder(t *testing.T) {
	var got []int
	run(t, func() {
		for i := range 5 {
			Go(func() { got = append(got, i) })
		}
		got = append(got, -1) // Go does not switch
		Yield()
	})
	if want := []int{-1, 0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

func TestYield_roundRobin(t *testing.T) {
	var got strings.Builder
	run(t, func() {
		var tasks []*Task
		for _, c := range "abc" {
			tasks = append(tasks, Go(func() {
				for range 3 {
					got.WriteRune(c)
					Yield()
				}
			}))
		}
		JoinAll(tasks...)
	})
	if got.String() != "abcabcabc" {
		t.Errorf("order %q", got.String())
	}
}

func TestRun_killsTheRest(t *testing.T) {
	var log []string
	run(t, func() {
		Go(func() {
			defer func() { log = append(log, "deferred") }()
			Sleep(time.Hour)
			log = append(log, "not reached")
		})
		Go(func() {
			defer func() {
				Go(func() { log = append(log, "not run either") })
			}()
			waitForever()
		})
		Yield()
		Go(func() { log = append(log, "never started") })
	})
	if want := []string{"deferred"}; !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
}

// waitForever parks until the task is killed.
func waitForever() { Current().Join() }

func TestRun_leavesTheUnkillable(t *testing.T) {
	raised := 0
	err := Run(func() {
		Go(func() {
			for {
				func() {
					defer func() {
						if recover() == ErrKilled {
							raised++
						}
					}()
					Sleep(time.Hour)
				}()
			}
		}).SetName("stubborn")
		Yield()
	})
	if err == nil || !strings.Contains(err.Error(), "stubborn") {
		t.Errorf("Run: %v", err)
	}
	if raised != sched.MaxKillRaises {
		t.Errorf("raised %d times, want %d", raised, sched.MaxKillRaises)
	}
}

func TestRun_nested(t *testing.T) {
	run(t, func() {
		if err := Run(func() { t.Error("ran") }); !errors.Is(err, ErrRunning) {
			t.Errorf("got %v", err)
		}
	})
	run(t, func() {}) // one after the other is fine
}

func TestRun_mainPanics(t *testing.T) {
	err := Run(func() { panic("boom") })
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "boom" || !strings.Contains(string(p.Stack), "TestRun_mainPanics") {
		t.Errorf("got %v", err)
	}
}

func TestJoin_panic(t *testing.T) {
	boom := errors.New("boom")
	run(t, func() {
		task := Go(func() { Yield(); panic(boom) })
		err := task.Join()
		var p *PanicError
		if !errors.As(err, &p) || p.Value != boom || !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		if err := task.Join(); err != p || task.Err() != p {
			t.Errorf("the second time: %v", err)
		}
	})
}

func TestSetErrorHandler(t *testing.T) {
	var told []string
	old := SetErrorHandler(func(t *Task, err *PanicError) { told = append(told, fmt.Sprint(t.Name(), " ", err.Value)) })
	defer SetErrorHandler(old)
	run(t, func() {
		Go(func() { panic("unseen") }).SetName("x")
		seen := Go(func() { panic("seen") })
		seen.Join()
	})
	if want := []string{"x unseen"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestJoinTimeout(t *testing.T) {
	run(t, func() {
		task := Go(func() { Sleep(time.Hour) })
		start := time.Now()
		if err := task.JoinTimeout(20 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(start); d < 20*time.Millisecond {
			t.Errorf("after %v", d)
		}
		if err := task.JoinTimeout(0); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("zero: got %v", err)
		}
		task.Kill()
		if err := task.JoinTimeout(0); err != ErrKilled {
			t.Errorf("ended: got %v", err)
		}
	})
}

func TestKill(t *testing.T) {
	for name, wait := range map[string]func(){
		"Sleep":   func() { Sleep(time.Hour) },
		"Join":    func() { waitForever() },
		"Yield":   func() { Yield() },
		"Await":   func() { Await(func() (int, error) { time.Sleep(10 * time.Millisecond); return 1, nil }) },
		"Timeout": func() { WithTimeout(time.Hour, func() error { Sleep(time.Hour); return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			var log []string
			run(t, func() {
				task := Go(func() {
					defer func() { log = append(log, "outer") }()
					defer func() {
						Yield() // a deferred call may park
						log = append(log, "inner")
					}()
					wait()
					log = append(log, "went on")
				})
				Yield()
				task.Kill()
				if !task.Ended() || task.Err() != ErrKilled {
					t.Errorf("ended %v, error %v", task.Ended(), task.Err())
				}
				task.Kill() // again
			})
			if want := []string{"inner", "outer"}; !slices.Equal(log, want) {
				t.Errorf("%q, want %q", log, want)
			}
		})
	}
}

func TestKill_notStarted(t *testing.T) {
	run(t, func() {
		a := Go(func() { t.Error("ran") })
		b := GoAfter(time.Hour, func() { t.Error("ran later") })
		joined := Go(func() {
			if err := b.Join(); err != ErrKilled {
				t.Error(err)
			}
		})
		a.Kill()
		Yield()
		b.Kill()
		if err := JoinAll(a, b, joined); err != ErrKilled {
			t.Error(err)
		}
	})
}

func TestKill_recovered(t *testing.T) {
	run(t, func() {
		task := Go(func() {
			func() {
				defer func() {
					if v := recover(); v != ErrKilled {
						t.Error("recovered", v)
					}
				}()
				Sleep(time.Hour)
			}()
			Yield()
		})
		Yield()
		task.Kill()
		if err := task.Err(); err != nil {
			t.Error("a task that survives ends well, got", err)
		}
	})
}

func TestKill_itself(t *testing.T) {
	run(t, func() {
		task := Go(func() {
			Current().Kill()
			t.Error("went on")
		})
		if err := task.Join(); err != ErrKilled {
			t.Error(err)
		}
	})
}

// A task that was woken before it was killed gets what it was woken with; the
// kill comes at its next wait.
func TestKill_ofReady(t *testing.T) {
	run(t, func() {
		var log []string
		first := Go(Yield)
		task := Go(func() {
			if err := first.Join(); err != nil {
				t.Error(err)
			}
			log = append(log, "joined")
			Yield()
			log = append(log, "went on")
		})
		Yield()
		Yield()
		if !first.Ended() || len(log) != 0 {
			t.Fatal("task is not just ready")
		}
		task.KillNoWait()
		task.Join()
		if want := []string{"joined"}; !slices.Equal(log, want) {
			t.Errorf("%q", log)
		}
	})
}

func TestGoAfter(t *testing.T) {
	run(t, func() {
		start := time.Now()
		var took time.Duration
		GoAfter(15*time.Millisecond, func() { took = time.Since(start) }).Join()
		if took < 15*time.Millisecond {
			t.Errorf("started after %v", took)
		}
	})
}

func TestGoexit(t *testing.T) {
	var log []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { log = append(log, "caller of Run") }()
		Run(func() {
			Go(func() {
				defer func() { log = append(log, "other task") }()
				Sleep(time.Hour)
			})
			task := Go(func() {
				defer func() { log = append(log, "exiting task") }()
				runtime.Goexit()
			})
			task.Join()
			Sleep(time.Hour)
		})
		log = append(log, "not reached")
	}()
	<-ended
	if want := []string{"exiting task", "other task", "caller of Run"}; !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
}

func TestDeadlock(t *testing.T) {
	run(t, func() {
		var a, b *Task
		check := func(err error) {
			var d *DeadlockError
			if !errors.Is(err, ErrDeadlock) || !errors.As(err, &d) || !strings.Contains(d.Dump, " TestDeadlock: waiting for join") {
				t.Errorf("got %v", err)
			}
		}
		a = Go(func() { check(b.Join()) })
		b = Go(func() { check(a.Join()) }).SetName("b")
		check(a.Join())
	})
}

func TestGo_outside(t *testing.T) {
	if v, ok := panicOf(func() { Go(func() {}) }).(*UsageError); !ok || !strings.HasPrefix(v.Error(), "poller: Go outside of Run") {
		t.Errorf("panic %v", v)
	}
}

func TestTask_fromGoroutines(t *testing.T) {
	run(t, func() {
		task := Go(func() { Sleep(time.Hour) })
		joined := make(chan error)
		go func() { joined <- task.Join() }()
		go func() { <-task.Done(); joined <- task.Err() }()
		go func() {
			if err := task.JoinTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("JoinTimeout: %v", err)
			}
			task.Kill()
			joined <- task.Err()
		}()
		for range 3 {
			if err, _ := Await(func() (error, error) { return <-joined, nil }); err != ErrKilled {
				t.Errorf("got %v", err)
			}
		}
		<-task.Done() // of an ended one, at once
	})
}

// Tasks of one hub can wait for those of another.
func TestJoin_acrossHubs(t *testing.T) {
	tasks := make(chan *Task)
	release := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- Run(func() {
			task := Go(func() { Await(func() (int, error) { <-release; return 0, nil }) })
			tasks <- task
			task.Join()
		})
	}()
	run(t, func() {
		task := <-tasks
		Go(func() { close(release) })
		if err := task.Join(); err != nil {
			t.Error(err)
		}
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
}

package poller

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

func BenchmarkYield(b *testing.B) {
	run(b, func() {
		Go(func() {
			for {
				Yield()
			}
		})
		b.ReportAllocs()
		for b.Loop() {
			Yield() // there and back: two switches
		}
	})
}

func BenchmarkYieldAlone(b *testing.B) {
	run(b, func() {
		for b.Loop() {
			Yield()
		}
	})
}

func BenchmarkGoJoin(b *testing.B) {
	b.Run("by=task", func(b *testing.B) {
		run(b, func() {
			b.ReportAllocs()
			for b.Loop() {
				Go(func() {}).Join()
			}
		})
	})
	b.Run("by=goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var wg sync.WaitGroup
			wg.Go(func() {})
			wg.Wait()
		}
	})
}

func BenchmarkSleep(b *testing.B) {
	run(b, func() {
		for b.Loop() {
			Sleep(1)
		}
	})
}

const benchConns = 500

// benchEcho makes b.N requests of 64 bytes over 500 connections to the echo
// server at addr. The clients are goroutines.
func benchEcho(b *testing.B, addr string) (rate float64) {
	var conns []net.Conn
	for range benchConns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	var wg sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for _, c := range conns {
		wg.Go(func() {
			buf := make([]byte, 64)
			for range work {
				if _, err := c.Write(buf); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(c, buf); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	rate = float64(b.N) / time.Since(start).Seconds()
	b.ReportMetric(rate, "req/s")
	return rate
}

// BenchmarkEcho compares the rates of the two servers, with the same clients.
func BenchmarkEcho(b *testing.B) {
	var ours float64
	b.Run("server=poller", func(b *testing.B) {
		listening := make(chan net.Listener)
		done := make(chan error)
		go func() {
			done <- Run(func() {
				l, err := Listen("tcp", "127.0.0.1:0")
				if err != nil {
					panic(err)
				}
				listening <- l
				serve(l, echo)
			})
		}()
		l := <-listening
		ours = benchEcho(b, l.Addr().String())
		l.Close()
		<-done
	})
	b.Run("server=net", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go echo(c)
			}
		}()
		b.ReportMetric(ours/benchEcho(b, l.Addr().String()), "ours/net")
		l.Close()
	})
}

// BenchmarkHandOver passes a value from one task, or goroutine, to another.
func BenchmarkHandOver(b *testing.B) {
	b.Run("by=Chan", func(b *testing.B) {
		run(b, func() {
			c := NewChan[int](0)
			Go(func() {
				for range c.All() {
				}
			})
			b.ReportAllocs()
			for b.Loop() {
				c.Send(1)
			}
		})
	})
	b.Run("by=chan", func(b *testing.B) {
		c := make(chan int)
		go func() {
			for range c {
			}
		}()
		for b.Loop() {
			c <- 1
		}
		close(c)
	})
	b.Run("by=Mutex", func(b *testing.B) {
		run(b, func() {
			var m Mutex
			m.Lock()
			Go(func() {
				for {
					m.Lock()
					Yield()
					m.Unlock()
				}
			})
			for b.Loop() {
				m.Unlock()
				m.Lock()
			}
		})
	})
}

// BenchmarkMutexHandOver is two hand-overs.
func BenchmarkMutexHandOver(b *testing.B) {
	b.Run("by=Mutex", func(b *testing.B) {
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
			for b.Loop() {
				p.Unlock()
				q.Lock()
			}
		})
	})
	b.Run("by=sync.Mutex", func(b *testing.B) {
		var p, q sync.Mutex
		var done bool
		p.Lock()
		q.Lock()
		go func() {
			for p.Lock(); !done; p.Lock() {
				q.Unlock()
			}
		}()
		for b.Loop() {
			p.Unlock()
			q.Lock()
		}
		done = true
		p.Unlock()
	})
}

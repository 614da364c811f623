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
func benchEcho(b *testing.B, addr string) {
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
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "req/s")
}

func BenchmarkEcho(b *testing.B) {
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
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					Go(func() { echo(c) })
				}
			})
		}()
		l := <-listening
		benchEcho(b, l.Addr().String())
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
		benchEcho(b, l.Addr().String())
		l.Close()
	})
}

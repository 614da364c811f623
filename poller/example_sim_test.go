package poller_test

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// A day passes in no time, and the seed determines all that happens in it.
func ExampleSimulate() {
	day := func(seed uint64) (hash uint64) {
		poller.Simulate(seed, func(s *poller.Sim) {
			start := poller.Now()
			var visitors poller.Group
			for range 100 {
				visitors.Go(func() error {
					poller.Sleep(time.Duration(s.Rand().Int64N(int64(24 * time.Hour))))
					s.Tracef("a visitor")
					return nil
				})
			}
			visitors.Join()
			fmt.Println(poller.Now().Sub(start) > 23*time.Hour)
			hash = s.Hash()
		})
		return hash
	}
	once, again, other := day(1), day(1), day(2)
	fmt.Println("the same:", once == again, "- with another seed:", once == other)
	// Output:
	// true
	// true
	// true
	// the same: true - with another seed: false
}

// A function that does not get the simulation reaches it: here for its network's faults.
func ExampleCurrentSim() {
	call := func() error {
		c, err := poller.Dial("tcp", "shop:80")
		if err == nil {
			c.Close()
		}
		return err
	}
	poller.Simulate(1, func(*poller.Sim) {
		s := poller.CurrentSim()
		s.Go("shop", func() { poller.Listen("tcp", ":80") })
		poller.Sleep(time.Second)
		fmt.Println(call())
		s.Partition("main", "shop")
		fmt.Println(call())
	})
	fmt.Println(poller.CurrentSim())
	// Output:
	// <nil>
	// dial tcp shop:80: connect: connection timed out
	// <nil>
}

// Two withdrawals look at the balance before either changes it: with some seeds. A seed
// that shows the fault always does.
func ExampleSimulate_fault() {
	withdrawTwice := func(seed uint64) (balance int) {
		poller.Simulate(seed, func(s *poller.Sim) {
			balance = 100
			var mu poller.Mutex
			withdraw := func() {
				mu.Lock()
				enough := balance >= 80
				mu.Unlock()
				if enough {
					mu.Lock()
					balance -= 80
					mu.Unlock()
				}
			}
			poller.JoinAll(poller.Go(withdraw), poller.Go(withdraw))
		})
		return balance
	}
	wrong := 0
	for seed := range uint64(100) {
		if withdrawTwice(seed) < 0 {
			wrong++
			if withdrawTwice(seed) != -60 {
				fmt.Println("cannot be reproduced")
			}
		}
	}
	fmt.Println("some seeds show it:", wrong > 0, "- all of them:", wrong == 100)
	// Output: some seeds show it: true - all of them: false
}

// Three hosts, of which one is cut off and another loses power.
func ExampleSim_Partition() {
	poller.Simulate(1, func(s *poller.Sim) {
		serve := func() {
			l, err := poller.Listen("tcp", ":80")
			if err != nil {
				fmt.Println(err)
				return
			}
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				poller.Go(func() { io.Copy(c, c) })
			}
		}
		ask := func(server string) string {
			c, err := poller.DialTimeout("tcp", server+":80", time.Second)
			if err != nil {
				return "no connection"
			}
			defer c.Close()
			c.SetDeadline(poller.Now().Add(time.Second))
			c.Write([]byte("hello"))
			b := make([]byte, 5)
			io.ReadFull(c, b)
			return string(b)
		}
		s.Go("paris", serve)
		s.Go("lima", serve)
		poller.Sleep(time.Second)
		fmt.Println("paris:", ask("paris"), "- lima:", ask("lima"))
		s.Partition("main", "paris")
		fmt.Println("paris:", ask("paris"), "- lima:", ask("lima"))
		s.Heal("main", "paris")
		s.Crash("lima")
		fmt.Println("paris:", ask("paris"), "- lima:", ask("lima"))
		s.Go("lima", serve)
		poller.Sleep(time.Second)
		fmt.Println("paris:", ask("paris"), "- lima:", ask("lima"))
	})
	// Output:
	// paris: hello - lima: hello
	// paris: no connection - lima: hello
	// paris: hello - lima: no connection
	// paris: hello - lima: hello
}

func ExampleSim_SetTrace() {
	poller.Simulate(4, func(s *poller.Sim) {
		s.SetTrace(os.Stdout)
		c, _ := poller.ListenPacket("udp", ":53")
		defer c.Close()
		s.Go("client", func() {
			c, _ := poller.Dial("udp", "main:53")
			c.Write([]byte("question"))
		})
		c.ReadFrom(make([]byte, 100))
		s.SetTrace(nil)
	})
	// Output:
	//     0.000000  main has UDP port 53
	//     0.000000  host client starts at 10.0.0.2
	//     0.000000  task-2@client runs
	//     0.000000  client has UDP port 49152
	//     0.000000  client:49152 -> main:53 datagram of 8 bytes is sent
	//     0.000589  client:49152 -> main:53 datagram of 8 bytes arrives
	//     0.000589  main@main runs
}

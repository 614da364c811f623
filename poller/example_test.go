package poller_test

import (
	"fmt"
	"io"
	"net"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func Example() {
	err := poller.Run(func() {
		l, err := poller.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		poller.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				poller.Go(func() {
					defer c.Close()
					io.Copy(c, c)
				})
			}
		})
		c, err := poller.Dial("tcp", l.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Fprint(c, "hello")
		c.(interface{ CloseWrite() error }).CloseWrite()
		answer, err := io.ReadAll(c)
		fmt.Printf("%s %v\n", answer, err)
	})
	fmt.Println(err)
	// Output:
	// hello <nil>
	// <nil>
}

func ExampleSleep() {
	poller.Run(func() {
		var tasks []*poller.Task
		for _, job := range []struct {
			name string
			time int
		}{{"eat", 3}, {"play", 4}, {"task", 1}} {
			tasks = append(tasks, poller.Go(func() {
				fmt.Println(job.name, "begins")
				poller.Sleep(time.Duration(job.time) * 5 * time.Millisecond)
				fmt.Println(job.name, "ends")
			}))
		}
		poller.JoinAll(tasks...)
	})
	// Output:
	// eat begins
	// play begins
	// task begins
	// task ends
	// eat ends
	// play ends
}

func ExampleWithTimeout() {
	poller.Run(func() {
		err := poller.WithTimeout(time.Millisecond, func() error {
			poller.Sleep(time.Hour)
			return nil
		})
		ne, ok := err.(net.Error)
		fmt.Println(ok && ne.Timeout(), err)
	})
	// Output: true poller: not done within 1ms
}

func ExampleSelect() {
	poller.Run(func() {
		words, numbers := poller.NewChan[string](0), poller.NewChan[int](0)
		poller.Go(func() { words.Send("hello") })
		var word string
		var number int
		switch poller.Select(words.OnRecv(&word, nil), numbers.OnRecv(&number, nil)) {
		case 0:
			fmt.Println(word)
		case 1:
			fmt.Println(number)
		}
	})
	// Output: hello
}

func ExampleAwait() {
	poller.Run(func() {
		names, err := poller.Await(func() ([]string, error) { return net.LookupHost("127.0.0.1") })
		fmt.Println(names, err)
	})
	// Output: [127.0.0.1] <nil>
}

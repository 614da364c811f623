package poller_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// A Listener and a Conn have more methods than net's interfaces: OpenListener and DialConn return
// them without an assertion.
func ExampleListenConfig_OpenListener() {
	poller.Run(func() {
		ctx := context.Background()
		var lc poller.ListenConfig
		l, err := lc.OpenListener(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		poller.Go(func() {
			c, err := l.AcceptConn()
			if err != nil {
				return
			}
			defer c.Close()
			c.SetNoDelay(true)
			line, _ := bufio.NewReader(c).ReadString('\n')
			io.WriteString(c, strings.ToUpper(line))
		})
		c, err := new(poller.Dialer).DialConn(ctx, "tcp", l.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Fprintln(c, "hello")
		c.CloseWrite()
		answer, err := io.ReadAll(c)
		fmt.Printf("%q %v\n", answer, err)
	})
	// Output: "HELLO\n" <nil>
}

func ExampleListenPacket() {
	poller.Run(func() {
		server, err := poller.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		poller.Go(func() {
			buf := make([]byte, 100)
			n, from, err := server.ReadFrom(buf)
			if err == nil {
				server.WriteTo(buf[:n], from)
			}
		})
		c, err := poller.Dial("udp", server.LocalAddr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		c.Write([]byte("ping"))
		buf := make([]byte, 100)
		n, err := c.Read(buf)
		fmt.Printf("%s %v\n", buf[:n], err)
	})
	// Output: ping <nil>
}

// Pipe is net.Pipe between tasks.
func ExamplePipe() {
	poller.Run(func() {
		a, b := poller.Pipe()
		poller.Go(func() {
			fmt.Fprint(a, "through the pipe")
			a.Close()
		})
		text, err := io.ReadAll(b)
		fmt.Printf("%s %v\n", text, err)
	})
	// Output: through the pipe <nil>
}

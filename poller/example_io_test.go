package poller_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func ExampleDialer() {
	poller.Run(func() {
		l, err := poller.Listen("tcp", "localhost:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		d := poller.Dialer{
			Timeout:       5 * time.Second,        // for the look-up and connecting together
			FallbackDelay: 100 * time.Millisecond, // before the next address is tried as well
		}
		c, err := d.DialContext(poller.Current().Context(), "tcp", "localhost:"+port)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.Close()
		fmt.Println(c.RemoteAddr().String() == l.Addr().String())
	})
	// Output: true
}

// A call that takes a context learns when its task is killed, or out of time.
func ExampleAwaitContext() {
	poller.Run(func() {
		port, err := poller.AwaitContext(context.Background(), func(ctx context.Context) (int, error) {
			return net.DefaultResolver.LookupPort(ctx, "tcp", "http")
		})
		fmt.Println(port, err)
	})
	// Output: 80 <nil>
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	poller.Run(func() {
		path := filepath.Join(dir, "file")
		f, err := poller.Create(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		f.WriteString("hello, file\n")
		f.Close()
		f, err = poller.Open(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		fmt.Printf("%q %v\n", data, err)
	})
	// Output: "hello, file\n" <nil>
}

// A server that was started with its socket open, by systemd or by the process that it
// replaces, has its tasks accept from it.
func ExampleFileListener() {
	parent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer parent.Close()
	inherited, err := parent.(*net.TCPListener).File() // in another process: os.NewFile(3, "socket")
	if err != nil {
		fmt.Println(err)
		return
	}
	poller.Run(func() {
		l, err := poller.FileListener(inherited)
		inherited.Close() // l is a copy
		if err != nil {
			fmt.Println(err)
			return
		}
		poller.Go(func() {
			c, err := l.Accept()
			if err == nil {
				fmt.Fprint(c, "welcome")
				c.Close()
			}
		})
		c, err := poller.Dial("tcp", parent.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.Close()
		text, err := io.ReadAll(c)
		fmt.Printf("%s %v\n", text, err)
	})
	// Output: welcome <nil>
}

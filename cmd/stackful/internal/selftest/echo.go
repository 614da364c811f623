package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/cmd/stackful/internal/echo"
	"github.com/stackful-go/stackful/internal/units"
	"github.com/stackful-go/stackful/poller"
)

// testEcho has clients and a server talk, all of them tasks on this goroutine. Each
// writes and reads in turn, with texts of its own.
func testEcho(ctx context.Context, note io.Writer, d time.Duration) error {
	const clients = 50
	end := time.Now().Add(d)
	s := echo.NewServer(false, 0)
	requests := 0
	var failures []error
	client := func(id int) error {
		conn, err := poller.DialTimeout("tcp", s.Addr(), echo.Patience)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(end.Add(echo.Patience))
		for i := 0; time.Now().Before(end) && ctx.Err() == nil; i++ {
			request := fmt.Appendf(nil, "client %d sends request %d", id, i)
			want := bytes.ToUpper(request)
			got := make([]byte, len(want))
			if _, err := conn.Write(request); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, got); err != nil {
				return err
			}
			if !bytes.Equal(got, want) {
				return fmt.Errorf("sent %q, got %q", request, got)
			}
			requests++
		}
		return nil
	}
	err := poller.Run(func() {
		if err := s.Listen("127.0.0.1:0"); err != nil {
			failures = append(failures, err)
			return
		}
		accepting := poller.Go(s.Accept)
		var tasks []*poller.Task
		for id := range clients {
			tasks = append(tasks, poller.Go(func() {
				if err := client(id); err != nil {
					failures = append(failures, fmt.Errorf("client %d: %w", id, err))
				}
			}))
		}
		failures = append(failures, poller.JoinAll(tasks...))
		s.Close()
		accepting.Join()
	})
	if err = errors.Join(append(failures, err)...); err != nil {
		return err
	}
	u := s.Usage(false)
	if stackful.Backend().Native && len(u.Goroutines) != 1 {
		return fmt.Errorf("%d connections were served by %s", u.Served, echo.Goroutines(u.Goroutines))
	}
	fmt.Fprintf(note, "%s requests of %d clients, served by %s", units.Thousands(int64(requests)), u.Served, echo.Goroutines(u.Goroutines))
	return nil
}

package echo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/stackful-go/stackful/cmd/stackful/internal/child"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/garbage"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// serverCommand is the subcommand of a server in a process of its own.
const serverCommand = "echo-server"

// runServerChild is the child that serves for -compare: it writes its address,
// and a Usage for each line that it reads, until its input ends.
func runServerChild(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, serverCommand, "", "")
	std := fs.Bool("net", false, "")
	each := fs.Int("garbage", 0, "")
	addr := fs.String("addr", "127.0.0.1:0", "")
	if err := cli.Parse(fs, args, false); err != nil {
		return err
	}
	if *each > 0 {
		defer runtime.KeepAlive(garbage.LiveHeap()) // allocated now, kept until then
	}
	s := NewServer(*std, *each)
	return s.run(*addr, func() error {
		out := json.NewEncoder(t.Out)
		if err := out.Encode(s.Addr()); err != nil {
			return err
		}
		for lines := bufio.NewScanner(t.In); lines.Scan() && ctx.Err() == nil; {
			if err := out.Encode(s.Usage(lines.Text() == "memory")); err != nil {
				return err
			}
		}
		return nil
	})
}

// A serverChild is a server in a process of its own.
type serverChild struct {
	*child.Process
	addr string
}

// startServer starts a server in a child and waits until it listens. GOMAXPROCS is
// in its environment, as a user would set it.
func startServer(ctx context.Context, t *term.Terminal, std bool, o options) (*serverChild, error) {
	c, err := child.Start(ctx, t.Err, []string{fmt.Sprintf("GOMAXPROCS=%d", o.procs)}, serverCommand,
		fmt.Sprintf("-net=%v", std), "-addr", o.addr, "-garbage", fmt.Sprint(o.garbage))
	if err != nil {
		return nil, err
	}
	s := &serverChild{Process: c}
	if err := c.Read(&s.addr); err != nil {
		c.Kill()
		return nil, fmt.Errorf("%s: %w", serverCommand, err)
	}
	return s, nil
}

// Usage is Server.Usage in the child; fields that cannot be had are zero.
func (s *serverChild) Usage(memory bool) (u Usage) {
	line := "usage"
	if memory {
		line = "memory"
	}
	if s.Tell(line) == nil {
		s.Read(&u)
	}
	return u
}

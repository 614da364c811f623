package main

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
)

func TestMain(m *testing.M) { clitest.Main(m, &program) }

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", cli.ExitUsage, "Usage:"},
		{"help", 0, "stackful echo"},
		{"-h", 0, "stackful doctor"},
		{"help bench", 0, "-million"},
		{"echo -help", 0, "-clients"},
		{"nonsense", cli.ExitUsage, "no such subcommand"},
		{"echo -nonsense", cli.ExitUsage, "nonsense"},
		{"echo extra", cli.ExitUsage, "extra"},
		{"echo -payload 3", cli.ExitUsage, "-payload"},
		{"echo -clients -1", cli.ExitUsage, "-clients"},
		{"echo -addr 127.0.0.1:7777 -compare", cli.ExitUsage, "port 0"},
		{"echo -clients 3 -d 20ms extra -nonsense", cli.ExitUsage, "nonsense"},
		{"demo switch -nonsense", cli.ExitUsage, "nonsense"},
		{"demo switch -python", 0, "ours prints"},
		{"help vet", 0, "arguments of go vet"},
		{"bench nonsense", cli.ExitUsage, "no such benchmark"},
		{"bench -rounds 0", cli.ExitUsage, "-rounds"},
		{"demo nonsense", cli.ExitUsage, "no such demo"},
		{"fix -diff ./...", cli.ExitUsage, "go run github.com/stackful-go/stackful/cmd/stackful-fix@latest -diff ./..."},
		{"version", 0, "stackful " + machine.Version() + "; "},
		{"version", 0, " on " + runtime.Version() + " "},
		{"version 2", cli.ExitUsage, "unexpected"},
		{"help fix", 0, "go run github.com/stackful-go/stackful/cmd/stackful-fix@latest"},
	} {
		out, errs, code := clitest.Run(t.Context(), strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("stackful %s: exit code %d, want %d and %q\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}

// Flags for tests are not in the help text, internal subcommands neither.
func TestUsage_hidden(t *testing.T) {
	for _, args := range [][]string{{"help", "bench"}, {"help", "doctor"}, {"help"}} {
		out := clitest.MustRun(t, args...)
		for _, hidden := range []string{"-live", "-count", "  -d ", "echo-client", "self-test -"} {
			if strings.Contains(out, hidden) {
				t.Errorf("%v mentions %q", args, hidden)
			}
		}
	}
}

func TestInterrupt(t *testing.T) {
	for _, args := range []string{
		"echo -clients 5 -d 1m",
		"echo -clients 5 -d 1m -compare",
		"bench -rounds 1000000 switch",
		"bench -rounds 1000000 -live 100 gc",
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, interrupt)
		start := time.Now()
		out, errs, code := clitest.Run(ctx, strings.Fields(args)...)
		if code != cli.ExitInterrupted {
			t.Errorf("stackful %s: exit code %d, want %d\n%s%s", args, code, cli.ExitInterrupted, out, errs)
		}
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("stackful %s: took %v to stop", args, took)
		}
	}
}

// The program has the children of all subcommands; the tests of each have only its own.
func TestChildren(t *testing.T) {
	clitest.MustRun(t, "bench", "-count", "10", "memory")
	clitest.MustRun(t, "doctor", "-d", "50ms")
	clitest.MustRun(t, "echo", "-clients", "2", "-d", "10ms", "-rounds", "1", "-compare")
}

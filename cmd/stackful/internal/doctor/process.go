package doctor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/selftest"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// printSelfTest prints the output of a self-test, as lines of this report.
func printSelfTest(t *term.Terminal, text string) {
	for line := range strings.Lines(text) {
		t.Printf("self-test     %s\n", strings.TrimRight(line, "\n"))
	}
}

// selfTestHere runs the self-test in this process. A switch that goes wrong may end it, so
// each line is printed as it comes.
func selfTestHere(ctx context.Context, t *term.Terminal, d time.Duration) error {
	lines, out := io.Pipe()
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for s := bufio.NewScanner(lines); s.Scan(); {
			printSelfTest(t, s.Text())
		}
	}()
	err := selftest.Run(ctx, term.New(strings.NewReader(""), out, out), d, tests)
	out.Close()
	<-printed
	if err != nil {
		return errSelfTest
	}
	return nil
}

// errSelfTest is the verdict on a self-test that printed what failed.
var errSelfTest = errors.New("see above")

// errNotStarted is wrapped by the error of selfTestInChild if there was no process: a
// system that runs this program under a user-mode emulator may not know how to start it.
var errNotStarted = errors.New("a process of its own was not started")

// executable finds this program, and tests are those of a self-test in this process. They are
// variables for the tests of this package.
var (
	executable = os.Executable
	tests      = selftest.All
)

// selfTestInChild runs the self-test in a process of its own, since a switch
// that goes wrong may end the process. It returns the output of that.
func selfTestInChild(ctx context.Context, d time.Duration) (text string, err error) {
	exe, err := executable()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotStarted, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*d+time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, selftest.Command.Name, "-d", d.String())
	cmd.Stdout, cmd.Stderr = &out, &out
	// What is freed too early shows itself at once. An own setting comes last, and counts.
	cmd.Env = append(os.Environ(), "GODEBUG="+strings.Trim("clobberfree=1,"+os.Getenv("GODEBUG"), ","))
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("%w: %w", errNotStarted, err)
	}
	err = cmd.Wait()
	text = out.String()
	const most = 200 // lines of a crash
	if lines := strings.SplitAfter(text, "\n"); len(lines) > most {
		text = strings.Join(lines[:most], "") + "...\n"
	}
	return text, err
}

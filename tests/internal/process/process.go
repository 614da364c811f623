// Package process runs parts of a test binary as processes of their own: what
// crashes, and what needs a GODEBUG setting from the start.
package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

const variable = "STACKFUL_TEST_PROGRAM"

// ExitOK is what a program prints last when it comes to its end.
const ExitOK = "end of program"

// Main is for TestMain: it runs one of programs if Run says so, else the tests.
func Main(m *testing.M, programs map[string]func()) {
	flag.Parse()
	if name := os.Getenv(variable); name != "" {
		program := programs[name]
		if program == nil {
			fmt.Println("there is no program", name)
			os.Exit(3)
		}
		program()
		fmt.Println(ExitOK)
		return
	}
	os.Exit(m.Run())
}

const patience = time.Minute

// Run runs a program in a process of its own, with env added to the
// environment, and returns all that it printed and its exit code. One that
// does not end is made to print its goroutines.
func Run(t testing.TB, name string, env ...string) (output string, exitCode int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args := []string{os.Args[0], fmt.Sprintf("-test.short=%v", testing.Short())}
	if emulator := Emulator(); emulator != "" {
		args = append([]string{emulator}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(dumpSignal) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), variable+"="+name)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Emulator returns the path of the user-mode emulator that runs this process,
// "" if there is none. It shows itself where it forgets to hide: under one of
// the two names of the same link.
func Emulator() string {
	self, err1 := os.Readlink("/proc/self/exe")
	thread, err2 := os.Readlink("/proc/thread-self/exe")
	if err1 != nil || err2 != nil || self == thread {
		return ""
	}
	return thread
}

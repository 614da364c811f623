// Command table shows what finds the planted bugs of tests/sim/bugs, and prints it as a table:
//
//	go run ./tests/sim/table [flags] [packages of tests/sim/bugs]
//
// Each bug has to be found by stackful test -sim within -seeds seeds, and the seed has to have the same
// schedule twice more; the corrected program must pass -correct seeds. If not, the exit code is 1. Beside it, the
// race detector and testing/synctest have -time for each bug.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bugs are the packages, and the test in each.
var bugs = [][2]string{
	{"lostupdate", "TestReserve"},
	{"lostsignal", "TestDelivery"},
	{"sendclosed", "TestFeed"},
	{"lockorder", "TestTransfer"},
	{"timeoutrace", "TestPool"},
	{"doubleclose", "TestSession"},
	{"usecancelled", "TestGet"},
	{"reorder", "TestGauge"},
	{"retry", "TestPayments"},
	{"split", "TestLeader"},
}

var (
	seeds    = flag.Int("seeds", 2000, "seeds for each bug, at most")
	correct  = flag.Int("correct", 500, "seeds for each corrected program")
	limit    = flag.Duration("time", 20*time.Second, "how long the race detector and synctest look for each bug")
	stackful = flag.String("stackful", "", "the command to use; else it is built")
)

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints the table of the packages, all without any.
func run(packages []string) error {
	work, err := os.MkdirTemp("", "table")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	t := &table{work: work, bugs: filepath.Join(strings.TrimSpace(string(root)), "tests", "sim", "bugs"), stackful: *stackful}
	if t.stackful == "" {
		t.stackful = filepath.Join(work, "stackful")
		if out, err := exec.Command("go", "build", "-o", t.stackful, "./cmd/stackful").CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	fmt.Println("| bug | first seed that fails | found in | replay | corrected | go test -race -count | synctest |")
	fmt.Println("|---|---|---|---|---|---|---|")
	var failed []error
	for _, b := range bugs {
		if len(packages) > 0 && !contains(packages, b[0]) {
			continue
		}
		row, err := t.row(b[0], b[1])
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", b[0], err))
			continue
		}
		fmt.Println(row)
	}
	return errors.Join(failed...)
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// A table is under way.
type table struct {
	work, bugs, stackful string
}

// row looks for one bug, by all means.
func (t *table) row(name, test string) (string, error) {
	seed, took, err := t.find(name, test)
	if err != nil {
		return "", err
	}
	switches, err := t.replay(name, test, seed)
	if err != nil {
		return "", err
	}
	if err := t.corrected(name, test); err != nil {
		return "", err
	}
	raced, err := t.race(name)
	if err != nil {
		return "", err
	}
	bubbles, err := t.synctest(name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("| %s | %d | %s | twice the same, %s | %d seeds pass | %s | %s |",
		name, seed, took, switches, *correct, raced, bubbles), nil
}

// summary matches the last line of stackful test -sim.
var summary = regexp.MustCompile(`(?m)^(ok  |FAIL)\t\S+\t\S+\t(?:seed (\d+), .*|[\d,]+ seeds)\t([\d.]+s)`)

// sim runs stackful test -sim, and returns its output and whether the test failed.
func (t *table) sim(name, test string, flags ...string) (out []byte, failed bool, err error) {
	args := append([]string{"test", "-sim", "-run", "^" + test + "$"}, flags...)
	cmd := exec.Command(t.stackful, append(args, "./"+name)...)
	cmd.Dir = t.bugs
	out, err = cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && summary.Match(out) {
		return out, true, nil
	}
	if err != nil {
		return out, false, fmt.Errorf("%w\n%s", err, out)
	}
	return out, false, nil
}

// find returns the first seed that fails, and the time that it took to find it.
func (t *table) find(name, test string) (seed uint64, took string, err error) {
	out, failed, err := t.sim(name, test, "-seeds", strconv.Itoa(*seeds))
	if err != nil {
		return 0, "", err
	}
	if !failed {
		return 0, "", fmt.Errorf("not found with %d seeds", *seeds)
	}
	m := summary.FindSubmatch(out)
	seed, err = strconv.ParseUint(string(m[2]), 10, 64)
	return seed, string(m[3]), err
}

// switchCount matches the number of switches in a failure's report.
var switchCount = regexp.MustCompile(`; ([\d,]+ switch(?:es)?) in all`)

// replay runs the seed twice more, and returns how many switches it has.
func (t *table) replay(name, test string, seed uint64) (switches string, err error) {
	var logs [2][]byte
	for i := range logs {
		log := filepath.Join(t.work, fmt.Sprintf("%s.%d.log", name, i))
		out, failed, err := t.sim(name, test, "-seed", strconv.FormatUint(seed, 10), "-log", log)
		if err != nil {
			return "", err
		}
		if !failed {
			return "", fmt.Errorf("seed %d passes when it is run again", seed)
		}
		if logs[i], err = os.ReadFile(log); err != nil {
			return "", err
		}
		if m := switchCount.FindSubmatch(out); m != nil {
			switches = string(m[1])
		}
	}
	if len(logs[0]) == 0 || !bytes.Equal(logs[0], logs[1]) {
		return "", fmt.Errorf("seed %d has another schedule when it is run again", seed)
	}
	return switches, nil
}

// corrected runs the program without the bug.
func (t *table) corrected(name, test string) error {
	out, failed, err := t.sim(name, test, "-seeds", strconv.Itoa(*correct), "-tags", "fixed")
	if failed {
		return fmt.Errorf("the corrected program fails:\n%s", out)
	}
	return err
}

// race runs the test with the race detector, again and again.
func (t *table) race(name string) (string, error) {
	cmd, cancel, err := t.compiled(name, *limit, "-race")
	if err != nil {
		return "", err
	}
	defer cancel()
	cmd.Args = append(cmd.Args, "-test.skip=Synctest", "-test.count=10000000", "-test.failfast", "-test.v")
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	runs := bytes.Count(out, []byte("=== RUN"))
	if took >= *limit {
		return fmt.Sprintf("no, %d runs in %v", runs, *limit), nil
	}
	if err == nil {
		return "", fmt.Errorf("go test -race ended early:\n%s", out)
	}
	return fmt.Sprintf("yes, after %d runs, %.1fs", runs, took.Seconds()), nil
}

// bubbleCount matches what the tests with Synctest in their name print.
var bubbleCount = regexp.MustCompile(`bubbles: (\d+)`)

// synctest runs the test in bubbles, one after the other.
func (t *table) synctest(name string) (string, error) {
	cmd, cancel, err := t.compiled(name, *limit+time.Minute)
	if err != nil {
		return "", err
	}
	defer cancel()
	cmd.Args = append(cmd.Args, "-test.run=Synctest", "-test.v")
	cmd.Env = append(os.Environ(), "BUGS_SYNCTEST="+limit.String())
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		return fmt.Sprintf("yes, after %.1fs", took.Seconds()), nil
	}
	m := bubbleCount.FindSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("what did the bubbles do?\n%s", out)
	}
	return fmt.Sprintf("no, %s runs in %v", m[1], *limit), nil
}

// compiled returns a command that runs the package's test binary, and is killed after the limit.
func (t *table) compiled(name string, limit time.Duration, flags ...string) (*exec.Cmd, func(), error) {
	binary := filepath.Join(t.work, name+".test")
	build := exec.Command("go", append(append([]string{"test", "-c", "-o", binary}, flags...), "./"+name)...)
	build.Dir = t.bugs
	if out, err := build.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("%w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	return exec.CommandContext(ctx, binary), cancel, nil
}

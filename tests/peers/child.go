package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// children are what this program starts itself as.
var children map[string]func(args []string) error

func init() {
	children = map[string]func(args []string) error{"serve": runServer, "load": runLoad}
}

// A child is such a process. It takes commands as lines, answers each with a JSON
// value, and ends when its input does.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
	err strings.Builder
}

// start starts a child that runs on one core: the affinity of a thread is that of
// what it starts.
func start(core int, args ...string) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(exe, args...)}
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	c.cmd.Stderr = &c.err
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(bufio.NewReader(out))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, err
	}
	one.Set(nthCore(&before, core))
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return nil, err
	}
	err = c.cmd.Start()
	return c, errors.Join(err, unix.SchedSetaffinity(0, &before))
}

// nthCore returns the core to use of those that are allowed; the last one, if
// there are not so many.
func nthCore(set *unix.CPUSet, n int) (core int) {
	for i := range 8 * len(set) * 8 {
		if set.IsSet(i) {
			core = i
			if n--; n < 0 {
				break
			}
		}
	}
	return core
}

// read reads the child's next value.
func (c *child) read(v any) error {
	if err := c.out.Decode(v); err != nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
		return fmt.Errorf("%v: %w\n%s", c.cmd.Args[1:], err, c.err.String())
	}
	return nil
}

// ask sends a command and reads its answer.
func (c *child) ask(command string, v any) error {
	if _, err := io.WriteString(c.in, command+"\n"); err != nil {
		return fmt.Errorf("%v: %w", c.cmd.Args[1:], err)
	}
	return c.read(v)
}

// stop tells the child to end, and waits until it has.
func (c *child) stop() error {
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%v: %w\n%s", c.cmd.Args[1:], err, c.err.String())
	}
	return nil
}

// A serverChild is a server in a process of its own.
type serverChild struct {
	*child
	addr string
}

func startServer(o options, name string, args ...string) (*serverChild, error) {
	args = append([]string{"serve", "-name", name}, args...)
	if o.profile != "" {
		args = append(args, "-profile", o.profile)
	}
	c, err := start(0, args...)
	if err != nil {
		return nil, err
	}
	s := &serverChild{child: c}
	return s, c.read(&s.addr)
}

// A usage is what a process has used.
type usage struct {
	CPU    time.Duration
	Sleeps int64  // voluntary context switches
	Memory memory // only after "memory"
}

// A memory is what a process holds, in bytes: what is neither shared nor the
// kernel's, and what of it the Go runtime knows about.
type memory struct{ All, Stacks, Heap float64 }

func (m memory) minus(before memory) memory {
	return memory{m.All - before.All, m.Stacks - before.Stacks, m.Heap - before.Heap}
}

func (m memory) plus(other memory) memory {
	return memory{m.All + other.All, m.Stacks + other.Stacks, m.Heap + other.Heap}
}

func (s *serverChild) usage(command string) (u usage, err error) {
	err = s.ask(command, &u)
	return u, err
}

// runServer is a server's process.
func runServer(args []string) error {
	fs := flag.NewFlagSet("serve", flag.ExitOnError)
	name := fs.String("name", "", "")
	files := fs.Uint64("files", 0, "")
	profile := fs.String("profile", "", "")
	fs.Parse(args)
	if *files > 0 {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: *files, Max: *files}); err != nil {
			return err
		}
	}
	stop := func() {}
	if *profile != "" {
		f, err := os.Create(filepath.Join(*profile, fmt.Sprintf("%s.%d.pprof", *name, os.Getpid())))
		if err != nil {
			return err
		}
		pprof.StartCPUProfile(f)
		stop = func() { pprof.StopCPUProfile(); f.Close() }
	}
	out, err := answers()
	if err != nil {
		return err
	}
	return serverCalled(*name).run(func(addr string) {
		out.Encode(addr)
		go func() {
			for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
				out.Encode(measure(lines.Text() == "memory"))
			}
			stop()
			os.Exit(0)
		}()
	})
}

// answers returns the encoder for what this process has to say; what libraries
// print to standard output goes to standard error instead.
func answers() (*json.Encoder, error) {
	fd, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return json.NewEncoder(os.NewFile(uintptr(fd), "answers")), unix.Dup2(2, 1)
}

// measure returns what this process has used.
func measure(withMemory bool) (u usage) {
	var r unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &r)
	u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	u.Sleeps = r.Nvcsw
	if withMemory {
		for range 3 { // what finalizers and pools keep for a cycle
			runtime.GC()
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		u.Memory = memory{float64(statusBytes("self", "RssAnon")), float64(m.StackInuse), float64(m.HeapAlloc)}
	}
	return u
}

// statusBytes returns a field of a process's status that is in kB.
func statusBytes(pid, field string) (n int64) {
	text, _ := os.ReadFile("/proc/" + pid + "/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			fmt.Sscan(rest, &n)
		}
	}
	return n << 10
}

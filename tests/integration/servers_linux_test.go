package integration

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A server is a program of somebody else's, started on loopback for these tests.
type server struct {
	program  string // its path may have wildcards
	pkg      string // the Debian package that it is in
	user     string // whom it is run by instead of root, if not ""
	stop     syscall.Signal
	prepare  func(s *server, program string) error // of its directory, if not nil
	args     func(dir string, port int) []string
	answers  func(addr string) error // nil once it is ready
	dir      string
	attr     syscall.SysProcAttr
	starting sync.Once
	addr     string
	err      error
}

// start starts s, unless it runs already, and returns its address. It fails the
// test if that is impossible: what needs s is never skipped.
func (s *server) start(t testing.TB) string {
	t.Helper()
	s.starting.Do(func() { s.addr, s.err = s.startOnce() })
	if s.err != nil {
		t.Fatalf("%s: %v", filepath.Base(s.program), s.err)
	}
	return s.addr
}

func (s *server) startOnce() (addr string, err error) {
	program, err := s.installed()
	if err != nil {
		return "", err
	}
	if err := s.makeDir(program); err != nil {
		return "", err
	}
	for range 5 { // somebody else may take the port before the program does
		if addr, err = s.launch(program); err == nil {
			break
		}
	}
	return addr, err
}

// installed returns the program's path, after installing it if need be.
func (s *server) installed() (string, error) {
	if path := s.find(); path != "" {
		return path, nil
	}
	if os.Getuid() != 0 {
		return "", fmt.Errorf("not installed; as root: apt-get install %s", s.pkg)
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-y", "-qq", "--no-install-recommends", s.pkg}} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // no service is to be started
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		}
	}
	if path := s.find(); path != "" {
		return path, nil
	}
	return "", fmt.Errorf("not in package %s", s.pkg)
}

func (s *server) find() string {
	if path, err := exec.LookPath(s.program); err == nil {
		return path
	}
	paths, _ := filepath.Glob(s.program)
	if len(paths) == 0 {
		return ""
	}
	return paths[len(paths)-1] // the newest, if there are several
}

// makeDir makes the server's directory, which belongs to who will run it.
func (s *server) makeDir(program string) (err error) {
	if s.dir, err = os.MkdirTemp("", "integration"); err != nil {
		return err
	}
	atEnd = append(atEnd, func() { os.RemoveAll(s.dir) })
	if s.user != "" && os.Getuid() == 0 {
		u, err := user.Lookup(s.user)
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	s.attr.Pdeathsig = s.stop
	if s.prepare != nil {
		return s.prepare(s, program)
	}
	return nil
}

// command returns a command that runs in the server's directory as its user.
func (s *server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &s.attr
	return cmd
}

// launch runs the program and waits until it answers.
func (s *server) launch(program string) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr = l.Addr().String()
	l.Close()
	cmd := s.command(program, s.args(s.dir, l.Addr().(*net.TCPAddr).Port)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		cmd.Process.Signal(s.stop)
		<-ended
	}
	const patience = 30 * time.Second
	for begun := time.Now(); ; {
		select {
		case err := <-ended:
			return "", fmt.Errorf("it ended: %v\n%s", err, out.String())
		case <-time.After(5 * time.Millisecond):
		}
		err := s.answers(addr)
		if err == nil {
			atEnd = append([]func(){stop}, atEnd...) // before its directory is removed
			return addr, nil
		}
		if time.Since(begun) > patience {
			stop()
			return "", fmt.Errorf("no answer: %w\n%s", err, out.String())
		}
	}
}

var redisServer = server{
	program: "redis-server",
	pkg:     "redis-server",
	stop:    syscall.SIGKILL, // it has nothing to keep
	args: func(dir string, port int) []string {
		return []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--save", "", "--appendonly", "no"}
	},
	answers: func(addr string) error {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Second))
		if _, err := c.Write([]byte("PING\r\n")); err != nil {
			return err
		}
		reply := make([]byte, 7)
		if _, err := c.Read(reply); err != nil || string(reply) != "+PONG\r\n" {
			return errors.Join(err, fmt.Errorf("PING: %q", reply))
		}
		return nil
	},
}

var postgresServer = server{
	program: "/usr/lib/postgresql/*/bin/postgres",
	pkg:     "postgresql",
	user:    "postgres", // it refuses to be run by root
	stop:    syscall.SIGQUIT,
	prepare: func(s *server, program string) error {
		cmd := s.command(filepath.Join(filepath.Dir(program), "initdb"), "-D", filepath.Join(s.dir, "data"),
			"-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("initdb: %w\n%s", err, out)
		}
		return nil
	},
	args: func(dir string, port int) []string {
		return []string{"-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", "",
			"-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=16MB"}
	},
	answers: pingPostgres,
}

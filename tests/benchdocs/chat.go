package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// The chat: some members speak, all at once, and the next line when all have heard the last ones, so that
// no server need send away a member that reads.
const (
	chatMembers  = 300
	chatSpeakers = 30
	chatLines    = 40 // of each speaker
)

// chatServers are what takes turns: the program, built from this module, and its processors.
var chatServers = []struct {
	name, pkg, tags string
	procs           int
	ours            bool
}{
	{"poller: examples/chat", "./examples/chat", "", 1, true},
	{"poller, portable backend", "./examples/chat", "stackful_portable", 1, true},
	{"goroutines and a mutex", "./tests/benchdocs/chatnet", "", 1, false},
	{"the same, all processors", "./tests/benchdocs/chatnet", "", 0, false},
}

// A chatRun is one run of a server, from its start to when the last member has heard the last line.
type chatRun struct {
	cpu  float64 // ns of the server for a line that one member hears, those of coming included
	rate float64 // lines heard a second, while the speakers speak
}

// measureChat has the servers take turns.
func measureChat(m *measurement) (Picture, error) {
	p := m.picture("chat")
	rounds := m.rounds(5)
	p.Rounds = rounds
	p.Command = "go run ./tests/benchdocs measure chat"
	cpu := Panel{Title: "Processor time of the server for a line that a member hears", Unit: "ns"}
	rate := Panel{Title: "Lines that members hear in a second", Unit: "lines/s", More: true}
	rows := [2][]Row{}
	files := make([]string, len(chatServers))
	for i, s := range chatServers {
		rows[0] = append(rows[0], Row{Name: s.name, Ours: s.ours})
		rows[1] = append(rows[1], Row{Name: s.name, Ours: s.ours})
		files[i] = filepath.Join(m.work, fmt.Sprintf("chat%d", i))
		if _, err := m.run("go", "build", "-tags", s.tags, "-o", files[i], s.pkg); err != nil {
			return p, err
		}
	}
	for round := range rounds {
		m.status("chat: round %d of %d", round+1, rounds)
		for i := range chatServers {
			i := (i + round) % len(chatServers)
			r, err := runChat(files[i], chatServers[i].procs)
			if err != nil {
				return p, fmt.Errorf("%s: %w", chatServers[i].name, err)
			}
			rows[0][i].Rounds = append(rows[0][i].Rounds, r.cpu)
			rows[1][i].Rounds = append(rows[1][i].Rounds, r.rate)
		}
	}
	cpu.Groups, rate.Groups = []Group{{Rows: rows[0]}}, []Group{{Rows: rows[1]}}
	p.Panels = []Panel{cpu, rate}
	return p, nil
}

// runChat starts a server and holds the chat.
func runChat(file string, procs int) (r chatRun, err error) {
	cmd := exec.Command(file, "-addr", "127.0.0.1:0")
	if procs == 0 {
		procs = runtime.NumCPU()
	}
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", procs))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		if err == nil {
			r.cpu = float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / r.cpu
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return r, err
	}
	addr := strings.TrimSpace(strings.TrimPrefix(line, "serving on "))
	heard, took, err := holdChat(addr)
	r.rate = float64(chatMembers*chatSpeakers*chatLines) / took.Seconds()
	r.cpu = float64(heard) // divides the time that is known at the end
	return r, err
}

// A chatMember is a connection that has said its name.
type chatMember struct {
	id    int
	conn  net.Conn
	lines *bufio.Scanner
	heard int
}

// holdChat has the members come, one after the other, and speak. It returns how many lines all have heard,
// and how long the speaking took. A member that has not heard every line is an error.
func holdChat(addr string) (heard int, took time.Duration, err error) {
	members := make([]*chatMember, chatMembers)
	defer func() {
		for _, m := range members {
			if m != nil {
				m.conn.Close()
			}
		}
	}()
	for i := range members {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return 0, 0, err
		}
		c.SetDeadline(time.Now().Add(time.Minute))
		m := &chatMember{id: i, conn: c, lines: bufio.NewScanner(c)}
		members[i] = m
		fmt.Fprintf(c, "member %d\n", i)
		for m.heard = 0; m.heard < 2; m.heard++ { // the question for its name, and that it has come
			if !m.lines.Scan() {
				return 0, 0, fmt.Errorf("member %d: %v", i, m.lines.Err())
			}
		}
	}
	start := time.Now()
	for step := range chatLines {
		errs := make([]error, chatMembers)
		var all sync.WaitGroup
		for i, m := range members {
			all.Go(func() { errs[i] = m.chat(step) })
		}
		all.Wait()
		for i, err := range errs {
			if err != nil {
				return 0, 0, fmt.Errorf("member %d, line %d: %w", i, step, err)
			}
		}
	}
	took = time.Since(start)
	for _, m := range members {
		heard += m.heard
	}
	return heard, took, nil
}

// chat says a line, if the member is a speaker, and listens until it has heard that of each.
func (m *chatMember) chat(step int) error {
	if m.id < chatSpeakers {
		if _, err := fmt.Fprintf(m.conn, "line %d of what I have to say\n", step); err != nil {
			return err
		}
	}
	for spoken := 0; spoken < chatSpeakers; m.heard++ {
		if !m.lines.Scan() {
			return fmt.Errorf("%d lines heard: %v", spoken, m.lines.Err())
		}
		if !strings.HasPrefix(m.lines.Text(), "* ") { // not that another member has come
			spoken++
		}
	}
	return nil
}

// Package readme holds README.md, the documents and the examples to what they say.
package readme

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// program matches a program of README.md, and what it says that it prints, or that a visitor reads.
var program = regexp.MustCompile("(?s)```go\n(.*?)```\n(?:\nprints\n\n```\n(.*?)```|\nA visitor \\(`nc ([0-9.]+) ([0-9]+)`\\) reads\n\n```\n(.*?)```)?")

// TestReadme_examples compiles the README's programs and runs them, and compares their output, or
// what a server says to its first visitor, with what README.md claims.
func TestReadme_examples(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := program.FindAllSubmatch(text, -1)
	for _, m := range blocks {
		source, output, addr, greeting := string(m[1]), string(m[2]), string(m[3])+":"+string(m[4]), string(m[5])
		if greeting != "" { // the address may be taken
			free := freeAddr(t)
			source = strings.ReplaceAll(source, addr, free)
			addr = free
		}
		file := build(t, source)
		switch {
		case output != "":
			out, err := exec.Command(file).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, source, out)
			}
			compare(t, source, string(out), output)
		case greeting != "":
			compare(t, source, visit(t, file, addr), greeting)
		default:
			t.Errorf("README.md does not say what this program prints\n%s", source)
		}
	}
	if len(blocks) < 6 {
		t.Errorf("README.md has %d programs; there should be more", len(blocks))
	}
}

// compare compares what was written with what README.md says.
func compare(t *testing.T, source, got, want string) {
	t.Helper()
	if got, want = strings.TrimSpace(got), strings.TrimSpace(want); got != want {
		t.Errorf("%s\nwrites\n%s\nand README.md says\n%s", source, got, want)
	}
}

// build compiles a program, for the machine's own processor, also where the test is emulated.
func build(t *testing.T, source string) (file string) {
	t.Helper()
	dir, err := os.MkdirTemp(".", "example") // inside the module, so that it is found
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "example.exe")
	cmd := exec.Command("go", "build", "-o", file, "./"+dir)
	cmd.Env = append(os.Environ(), "GOARCH=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, source, out)
	}
	return file
}

// visit starts a server and returns the first line that it sends.
func visit(t *testing.T, file, addr string) string {
	t.Helper()
	server := exec.Command(file)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	const patience = 20 * time.Second
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err != nil && time.Now().Before(end) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(end)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
}

// freeAddr returns an address that nobody listens on.
func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestReadme_commands: the two commands for a clone are there, and are right.
func TestReadme_commands(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```\ngo run ./cmd/stackful echo\ngo test ./...\n```") {
		t.Error("README.md does not have its two commands")
	}
	run := exec.Command("go", "run", "./cmd/stackful", "echo", "-d", "300ms", "-clients", "50")
	run.Dir = root
	run.Env = append(os.Environ(), "GOARCH=")
	if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), ": 0 failures") {
		t.Errorf("%v\n%s", err, out)
	}
}

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The two programs, as processes, with each other.
func TestServerAndClient(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "../server", "../client")
	build.Env = append(os.Environ(), "GOARCH=") // the machine's own, also where the test is emulated
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := exec.Command(filepath.Join(dir, "server"), "-addr", "127.0.0.1:0")
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Process.Kill()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok || err != nil {
		t.Fatalf("the server says %q, %v", line, err)
	}
	text, err := exec.Command(filepath.Join(dir, "client"), "-addr", addr, "-n", "500", "-requests", "4").CombinedOutput()
	if want := "replies, all as they should be: 2000\n"; string(text) != want || err != nil {
		t.Errorf("the clients say %q, %v", text, err)
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if line, err := lines.ReadString('\n'); line != "connections served: 500\n" {
		t.Errorf("the server says %q, %v", line, err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}

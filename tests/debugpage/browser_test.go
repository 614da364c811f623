//go:build unix

package debugpage

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A browser is a headless Chromium, driven by its DevTools protocol over a pair of pipes: messages of
// JSON, each ended by a zero byte.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string // of the page
	n       int    // messages sent
}

// names are what Chromium is called on the systems that have it.
var names = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

// find returns the path of a Chromium, empty if there is none.
func find() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// start starts the browser at path, which ends with the test, and opens url.
func start(t *testing.T, path, url string) *browser {
	t.Helper()
	theirIn, to, err := os.Pipe()
	needNil(t, err)
	from, theirOut, err := os.Pipe()
	needNil(t, err)
	data, err := os.MkdirTemp("", "debugpage")
	needNil(t, err)
	cmd := exec.Command(path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-extensions", "--window-size=1200,900", "--user-data-dir="+data, "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // its descriptors 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	needNil(t, cmd.Start())
	theirIn.Close()
	theirOut.Close()
	alarm := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }) // so that no read waits for ever
	t.Cleanup(func() {
		alarm.Stop()
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its children
		cmd.Wait()
		to.Close()
		from.Close()
		// A child that is about to end may still write there.
		for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			err := os.RemoveAll(data)
			if err == nil {
				break
			}
			if time.Since(begun) > 20*time.Second {
				t.Error(err)
				break
			}
		}
	})
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	return b
}

func needNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call calls a method of the protocol, and decodes its result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.n++
	message := map[string]any{"id": b.n, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	needNil(b.t, err)
	_, err = b.to.Write(append(text, 0))
	needNil(b.t, err)
	for {
		text, err := b.from.ReadBytes(0)
		needNil(b.t, err)
		var answer struct {
			ID     int
			Error  *struct{ Message string }
			Result json.RawMessage
		}
		needNil(b.t, json.Unmarshal(text[:len(text)-1], &answer))
		switch {
		case answer.ID != b.n: // an event
		case answer.Error != nil:
			b.t.Fatalf("%s: %s", method, answer.Error.Message)
		default:
			if result != nil {
				needNil(b.t, json.Unmarshal(answer.Result, result))
			}
			return
		}
	}
}

// eval returns the value of an expression of JavaScript, as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	return fmt.Sprint(answer.Result.Value)
}

// until waits until an expression is true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	for begun := time.Now(); b.eval("!!("+expression+")") != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			b.t.Fatalf("%s: the page is\n%s", what, b.eval("document.body.innerText"))
		}
	}
}

// screenshot keeps a picture of the page, in the colours of a scheme, light or dark.
func (b *browser) screenshot(dir, scheme string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	needNil(b.t, err)
	if dir != "" {
		needNil(b.t, os.MkdirAll(dir, 0o755))
		needNil(b.t, os.WriteFile(filepath.Join(dir, "debug-"+scheme+".png"), png, 0o644))
	}
}

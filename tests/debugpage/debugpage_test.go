//go:build unix

package debugpage

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
)

// serve waits for what never comes; it is to be found in a stack.
func serve(q *poller.Queue[int]) { q.Get() }

// hub runs tasks to look at until the test ends: server, which waits; counter-N, which counts; and one
// whose name is HTML.
func hub(t *testing.T) {
	ready, stop, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		done <- poller.Run(func() {
			poller.Go(func() { serve(poller.NewQueue[int](0)) }).SetName("server")
			poller.Go(func() { poller.Sleep(time.Hour) }).SetName("<b>bold</b>")
			poller.Go(func() {
				for i := 0; ; i++ {
					poller.Current().SetName("counter-" + strconv.Itoa(i))
					poller.Sleep(10 * time.Millisecond)
				}
			})
			poller.Yield()
			close(ready)
			poller.RecvFrom(stop)
		})
	}()
	<-ready
	t.Cleanup(func() {
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	path := find()
	if path == "" {
		t.Skipf("no browser: none of %s is installed", strings.Join(names, ", "))
	}
	hub(t)
	server := httptest.NewServer(debug.Handler())
	defer server.Close()
	b := start(t, path, server.URL+"/debug/tasks")
	defer b.screenshot(os.Getenv("DEBUGPAGE_SCREENSHOTS"), "dark")

	text := "document.getElementById('report')?.innerText"
	b.until("the tasks are there", fmt.Sprintf("%s?.includes('server') && /counter-\\d/.test(%s)", text, text))
	row := "[...document.querySelectorAll('tr')].find(r => r.cells[0].innerText == 'server')"
	for what, want := range map[string]string{
		row + ".cells[1].innerText":                         "debugpage_test.go:",
		row + ".cells[2].innerText":                         "waiting · receive",
		row + ".cells[3].innerText":                         "s",
		row + ".querySelector('pre').textContent":           "debugpage.serve (",
		"document.querySelectorAll('#report b').length > 5": "true",
		"document.querySelectorAll('td b').length":          "0", // a name is text
		text: "<b>bold</b>",
	} {
		if got := b.eval(what); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
	}
	// It keeps itself up to date, and leaves open what is open.
	b.eval(row + ".querySelector('details').open = true")
	first := b.eval("document.getElementById('report').dataset.time")
	counter := b.eval(text + ".match(/counter-\\d+/)[0]")
	b.until("it updates itself", "document.getElementById('report').dataset.time != "+first)
	if now := b.eval(text + ".match(/counter-\\d+/)[0]"); now == counter {
		t.Errorf("the counter stays at %s", now)
	}
	if b.eval(row+".querySelector('details').open") != "true" {
		t.Error("an open stack was closed by the update")
	}
	// It says so when there is no answer any more, and does not update itself if it must not.
	b.screenshot(os.Getenv("DEBUGPAGE_SCREENSHOTS"), "light")
	b.eval("document.getElementById('live').checked = false")
	first = b.eval("document.getElementById('report').dataset.time")
	time.Sleep(3 * time.Second)
	if b.eval("document.getElementById('report').dataset.time") != first {
		t.Error("it updates itself though it must not")
	}
	b.eval("document.getElementById('live').checked = true")
	server.CloseClientConnections()
	server.Listener.Close()
	b.until("it says that there is no answer", "document.getElementById('status').textContent.startsWith('no answer')")
	if errors := b.eval("document.documentElement.innerText"); strings.Contains(errors, "undefined") {
		t.Errorf("%s", errors)
	}
}

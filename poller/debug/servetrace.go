package debug

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// mostSeconds is how long a timeline may be that is asked for by HTTP.
const mostSeconds = 600

// serveTrace serves a timeline of as many seconds; empty is one. It ends early if the client has gone.
func serveTrace(w http.ResponseWriter, r *http.Request, seconds string) {
	s := 1.0
	if seconds != "" {
		var err error
		if s, err = strconv.ParseFloat(seconds, 64); err != nil || !(s > 0 && s <= mostSeconds) {
			http.Error(w, fmt.Sprintf("seconds=%s: it is more than 0, and at most %d", seconds, mostSeconds), http.StatusBadRequest)
			return
		}
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Disposition", `attachment; filename="tasks.trace.json"`)
	if r.Method == http.MethodHead {
		return
	}
	recording, err := Record(w)
	if err != nil {
		header.Del("Content-Disposition")
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	defer recording.Stop()
	const step = 100 * time.Millisecond
	for end := time.Now().Add(time.Duration(s * float64(time.Second))); r.Context().Err() == nil; {
		rest := time.Until(end)
		if rest <= 0 {
			return
		}
		poller.Sleep(min(rest, step)) // parks a task, and blocks a goroutine
	}
}

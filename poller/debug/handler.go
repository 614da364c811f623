package debug

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// defaultTasks is how many tasks of each hub are listed unless ?tasks says otherwise.
const defaultTasks = 1000

// Handler returns a handler that serves the state of all hubs of the process: a page that keeps
// itself up to date, or what the query asks for:
//
//	format=text   text, for a terminal
//	format=json   a Report
//	format=trace  a timeline, see Record, of the next second, or of as many as seconds=N says
//	tasks=N       at most N tasks of each hub, 0 for all; 1,000 if it is not given
//	stacks=0      no stacks
//	hub=ID        one hub
//
// It answers GET and HEAD, at every path. It takes a second if a hub does not answer. The requests
// may be served by goroutines of package net/http, in a task, and at once; but there is one timeline at a
// time, and it is written by a goroutine, for which a ResponseWriter in a task must be fit.
func Handler() http.Handler { return new(handler) }

type handler struct {
	mu      sync.Mutex // guards sampler; nothing waits while it is held
	sampler sampler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	o, err := optionsOf(query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if query.Get("format") == "trace" {
		serveTrace(w, r, query.Get("seconds"))
		return
	}
	write, contentType := writePage, "text/html; charset=utf-8"
	switch format := query.Get("format"); format {
	case "", "html":
	case "text":
		write, contentType = writeText, "text/plain; charset=utf-8"
	case "json":
		write, contentType = writeJSON, "application/json"
	default:
		http.Error(w, fmt.Sprintf("format=%s: it is html, text, json or trace", format), http.StatusBadRequest)
		return
	}
	report := Take(o)
	h.mu.Lock()
	h.sampler.rates(&report)
	h.mu.Unlock()
	var body bytes.Buffer // so that an error is not half a page
	if err := write(&body, &report); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	w.Write(body.Bytes())
}

// optionsOf reads a query.
func optionsOf(query url.Values) (Options, error) {
	o := Options{MostTasks: defaultTasks, NoStacks: query.Get("stacks") == "0"}
	if s := query.Get("tasks"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return o, fmt.Errorf("tasks=%s: it is a number, 0 for all", s)
		}
		o.MostTasks = n
	}
	if s := query.Get("hub"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || n == 0 {
			return o, fmt.Errorf("hub=%s: it is a hub's id", s)
		}
		o.Hub = n
	}
	return o, nil
}

// writeJSON writes r as JSON.
func writeJSON(b *bytes.Buffer, r *Report) error {
	e := json.NewEncoder(b)
	e.SetIndent("", "\t")
	return e.Encode(r)
}

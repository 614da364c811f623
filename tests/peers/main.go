// Peers compares package poller with other ways to serve many connections from
// Go: package net, cloudwego/netpoll, gnet, and an epoll loop that is written by
// hand, without coroutines, as the floor. Linux only.
//
//	go run . -o RESULTS.md       all of it, some ten minutes
//	go run . -quick              a look
//	go run . -stages cpu -servers poller,epoll -profile /tmp/profiles
//
// Every server is a process of its own, with one processor, on one core; the
// clients are another one, on another core. Servers take turns within a round, and
// figures are medians of rounds. It is a module of its own, so that users do not
// get the dependencies.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	rounds   int
	duration time.Duration
	sizes    []int
	servers  []string
	stages   []string
	idle     int
	profile  string
	json     string
}

var allStages = []string{"cpu", "http", "memory", "probes", "idle"}

func main() {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			fail(child(os.Args[2:]))
			return
		}
	}
	o := options{}
	flag.IntVar(&o.rounds, "rounds", 7, "rounds, of which medians are taken")
	flag.DurationVar(&o.duration, "d", time.Second, "`time` to measure a server, in each round")
	sizes := flag.String("sizes", "1,500,5000", "`numbers` of connections")
	servers := flag.String("servers", "", "`names` of servers for the echo stages; all of them if empty")
	stages := flag.String("stages", strings.Join(allStages, ","), "what to do")
	flag.IntVar(&o.idle, "idle", 50_000, "`connections` of stage idle")
	flag.StringVar(&o.profile, "profile", "", "write CPU profiles of the servers to this `folder`")
	flag.StringVar(&o.json, "json", "", "write what stage cpu measures in each round to this `file`")
	quick := flag.Bool("quick", false, "few and short rounds")
	out := flag.String("o", "", "write the report to this `file` too")
	flag.Parse()
	if *quick {
		o.rounds, o.duration, o.idle = 3, 300*time.Millisecond, 5000
	}
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			fail(fmt.Errorf("-sizes: %q", s))
		}
		o.sizes = append(o.sizes, n)
	}
	o.servers = echoNames()
	if *servers != "" {
		o.servers = strings.Split(*servers, ",")
	}
	for _, name := range o.servers {
		if serverCalled(name) == nil {
			fail(fmt.Errorf("-servers: no %q", name))
		}
	}
	o.stages = strings.Split(*stages, ",")
	for _, stage := range o.stages {
		if !slices.Contains(allStages, stage) {
			fail(fmt.Errorf("-stages: no %q", stage))
		}
	}
	if o.profile != "" {
		fail(os.MkdirAll(o.profile, 0o755))
		o.profile = must(filepath.Abs(o.profile))
	}
	var report strings.Builder
	err := compare(io.MultiWriter(os.Stdout, &report), o)
	if *out != "" && err == nil {
		err = os.WriteFile(*out, []byte(report.String()), 0o644)
	}
	fail(err)
}

// compare runs the stages and writes the report.
func compare(w io.Writer, o options) error {
	writeHead(w, o)
	for _, stage := range []struct {
		name string
		run  func(w io.Writer, o options) error
	}{{"cpu", compareEcho}, {"http", compareHTTP}, {"memory", compareMemory}, {"probes", compareProbes}, {"idle", compareIdle}} {
		if !slices.Contains(o.stages, stage.name) {
			continue
		}
		if err := stage.run(w, o); err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
	}
	return nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// must is for what does not fail.
func must[T any](v T, err error) T {
	fail(err)
	return v
}

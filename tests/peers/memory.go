package main

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// memoryPer returns the server's own memory that each of n idle
// connections takes, after one exchange, and how many times it takes the clients
// and servers to be several processes, since none may have that many descriptors.
func memoryPer(o options, name string, n int) (each memory, processes int, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return each, 0, err
	}
	most := int(limit.Cur) - 100 // some are for other things
	processes = (n + most - 1) / most
	var servers []*serverChild
	var clients []*child
	var total memory
	for i := range processes {
		part := (n + i) / processes
		s, err := startServer(o, name)
		if err != nil {
			return each, 0, err
		}
		before, err := s.usage("memory")
		if err != nil {
			return each, 0, err
		}
		c, err := startClients(s.addr, part, 1+i, 0, false)
		if err != nil {
			return each, 0, err
		}
		servers, clients = append(servers, s), append(clients, c)
		total = total.minus(before.Memory)
	}
	for i, s := range servers {
		after, err := s.usage("memory")
		if err != nil {
			return each, 0, err
		}
		total = total.plus(after.Memory)
		var l loadResult // they are still there
		if err := clients[i].ask("again", &l); err != nil {
			return each, 0, err
		}
		if part := (n + i) / processes; l.Requests != int64(part) {
			return each, 0, fmt.Errorf("%d of %d connections answered again", l.Requests, part)
		}
	}
	for i, s := range servers {
		if err := errors.Join(clients[i].stop(), s.stop()); err != nil {
			return each, 0, err
		}
	}
	by := float64(n)
	return memory{total.All / by, total.Stacks / by, total.Heap / by}, processes, nil
}

// kib writes bytes.
func kib(bytes float64) string { return fmt.Sprintf("%.2f", bytes/1024) }

// memoryServers are those of the echo stages, and a variant that saves memory.
func memoryServers(o options) []string {
	return append(o.servers[:len(o.servers):len(o.servers)], "poller-wait")
}

func compareMemory(w io.Writer, o options) error {
	const rounds = 3
	fmt.Fprintf(w, "\n## Memory of idle connections, after one exchange (KiB each, without the kernel's; medians of %d)\n", rounds)
	for _, n := range o.sizes {
		if n < 100 {
			continue // what they take is less than what varies
		}
		t := table{}
		t.row(thousands(n)+" connections", "memory", "Go's stacks in it", "Go's heap in it")
		for _, name := range memoryServers(o) {
			var all, stacks, heap []float64
			for range rounds {
				m, _, err := memoryPer(o, name, n)
				if err != nil {
					return err
				}
				all, stacks, heap = append(all, m.All), append(stacks, m.Stacks), append(heap, m.Heap)
			}
			t.row(name, kib(median(all)), kib(median(stacks)), kib(median(heap)))
		}
		t.write(w)
	}
	return nil
}

func compareIdle(w io.Writer, o options) error {
	fmt.Fprintf(w, "\n## %s idle connections (each answered again afterwards)\n", thousands(o.idle))
	t := table{}
	t.row("KiB each", "memory", "Go's stacks in it", "Go's heap in it", "processes")
	each := make(map[string]memory)
	for _, name := range []string{"poller", "poller-wait", "net"} {
		m, processes, err := memoryPer(o, name, o.idle)
		if err != nil {
			return err
		}
		each[name] = m
		t.row(name, kib(m.All), kib(m.Stacks), kib(m.Heap), fmt.Sprint(processes))
	}
	t.write(w)
	t = table{}
	t.row("target", "", "wanted", "")
	t.target("KiB, poller", each["poller"].All/1024, 4)
	t.target("memory, poller/net", each["poller"].All/each["net"].All, 1)
	t.write(w)
	return nil
}

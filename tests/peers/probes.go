package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// The probes ask how a server behaves where many have faults.

func compareProbes(w io.Writer, o options) error {
	o.profile = ""
	fmt.Fprintf(w, "\n## Behaviour\n")
	t := table{text: true}
	t.row("", "request and half-close: whole reply and end", "16.8 MB sent, nothing read: taken in; server grows by", "then read: whole echo", "80 clients, 40 descriptors: CPU while full", "then answered")
	for _, name := range o.servers {
		half, err := probeHalfClose(o, name)
		if err != nil {
			return fmt.Errorf("half-close, %s: %w", name, err)
		}
		taken, grown, whole, err := probeSlowReader(o, name)
		if err != nil {
			return fmt.Errorf("slow reader, %s: %w", name, err)
		}
		busy, answered, err := probeDescriptors(o, name)
		if errors.Is(err, errEnded) {
			busy, answered, err = "the server ENDS", "-", nil
		}
		if err != nil {
			return fmt.Errorf("descriptors, %s: %w", name, err)
		}
		t.row(name, half, fmt.Sprintf("%s MB; %s MB", millions(taken), millions(grown)), whole, busy, answered)
	}
	t.write(w)
	return nil
}

// patience is how long a reply may take.
const patience = 10 * time.Second

func dial(addr string) (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn), nil
}

func probeHalfClose(o options, name string) (string, error) {
	s, err := startServer(o, name)
	if err != nil {
		return "", err
	}
	const all = 200
	answered := make(chan bool)
	for range all {
		go func() {
			c, err := dial(s.addr)
			if err != nil {
				answered <- false
				return
			}
			defer c.Close()
			request := bytes.Repeat([]byte("x"), requestSize)
			c.Write(request)
			c.CloseWrite()
			reply, err := io.ReadAll(c)
			answered <- err == nil && bytes.Equal(reply, request)
		}()
	}
	n := 0
	for range all {
		if <-answered {
			n++
		}
	}
	return fmt.Sprintf("%d/%d", n, all), s.stop()
}

// probeSlowReader sends much and reads nothing until the server takes in no more;
// then it reads.
func probeSlowReader(o options, name string) (taken, grown int64, whole string, err error) {
	s, err := startServer(o, name)
	if err != nil {
		return 0, 0, "", err
	}
	pid := fmt.Sprint(s.cmd.Process.Pid)
	before := statusBytes(pid, "VmRSS")
	c, err := dial(s.addr)
	if err != nil {
		return 0, 0, "", err
	}
	defer c.Close()
	data := make([]byte, 16_800_000)
	for i := range data {
		data[i] = byte(i >> 7 * 13)
	}
	for int(taken) < len(data) {
		c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := c.Write(data[taken:min(len(data), int(taken)+1<<16)])
		if taken += int64(n); err != nil {
			break // no more for now
		}
	}
	grown = statusBytes(pid, "VmRSS") - before
	c.SetDeadline(time.Now().Add(patience))
	go func() {
		if _, err := c.Write(data[taken:]); err == nil {
			c.CloseWrite()
		}
	}()
	got, err := io.ReadAll(c)
	switch {
	case err == nil && bytes.Equal(got, data):
		whole = "yes"
	case err == nil:
		whole = fmt.Sprintf("NO: %s MB, then the end", millions(int64(len(got))))
	default:
		whole = fmt.Sprintf("NO: %s MB, then: %v", millions(int64(len(got))), errorText(err))
	}
	return taken, grown, whole, s.stop()
}

// errorText leaves out the addresses.
func errorText(err error) error {
	if e, ok := err.(*net.OpError); ok {
		return e.Err
	}
	return err
}

// errEnded means that a server does not serve any more.
var errEnded = errors.New("the server has ended")

// probeDescriptors gives the server fewer descriptors than there are clients.
func probeDescriptors(o options, name string) (busy, answered string, err error) {
	s, err := startServer(o, name, "-files", "40")
	if err != nil {
		return "", "", err
	}
	const all = 80
	var clients []*net.TCPConn
	for range all {
		c, err := dial(s.addr)
		if err != nil {
			return "", "", fmt.Errorf("%w: %w", errEnded, err) // others' connections wait to be accepted
		}
		defer c.Close()
		c.Write(make([]byte, requestSize))
		clients = append(clients, c)
	}
	const moment = time.Second
	before, err := s.usage("")
	if err == nil {
		time.Sleep(moment)
		var after usage
		after, err = s.usage("")
		busy = fmt.Sprintf("%.0f %%", 100*float64(after.CPU-before.CPU)/float64(moment))
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", errEnded, err)
	}
	got := make(chan bool)
	for _, c := range clients {
		go func() {
			defer c.Close() // which frees a descriptor
			n, err := io.ReadFull(c, make([]byte, requestSize))
			got <- n == requestSize && err == nil
		}()
	}
	n := 0
	for range all {
		if <-got {
			n++
		}
	}
	return busy, fmt.Sprintf("%d/%d", n, all), s.stop()
}

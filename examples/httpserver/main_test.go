package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller"
)

func TestServer(t *testing.T) {
	err := poller.RunErr(func() error {
		l, err := poller.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		serving := poller.GoErr(func() error { return serve(l, handler()) })
		// net/http's client is on goroutines of its own, and so are these calls of it.
		_, err = poller.Await(func() (int, error) { return 0, request("http://" + l.Addr().String()) })
		l.Close()
		return errors.Join(err, serving.Join())
	})
	if err != nil {
		t.Error(err)
	}
}

func request(url string) error {
	defer http.DefaultClient.CloseIdleConnections()
	slow := make(chan error)
	go func() { slow <- expect(url+"/slow", 200, "slow\n") }()
	for i := range 20 {
		if err := expect(url, 200, fmt.Sprintf("request %d\n", i+1)); err != nil {
			return err
		}
	}
	if err := <-slow; err != nil {
		return err
	}
	if err := expect(url+"/echo", 405, "Method Not Allowed\n"); err != nil {
		return err
	}
	r, err := http.Post(url+"/echo", "text/plain", strings.NewReader("hello"))
	return check(r, err, 200, "hello")
}

func expect(url string, status int, body string) error {
	r, err := http.Get(url)
	return check(r, err, status, body)
}

func check(r *http.Response, err error, status int, body string) error {
	if err != nil {
		return err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if r.StatusCode != status || string(got) != body {
		return fmt.Errorf("%s: %s, %q, %v", r.Request.URL, r.Status, got, err)
	}
	return err
}

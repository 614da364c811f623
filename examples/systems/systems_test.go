package systems

import (
	"strings"
	"testing"
	"time"
)

func TestEatPlayTask(t *testing.T) {
	const second = 50 * time.Millisecond
	var out strings.Builder
	begun := time.Now()
	if err := EatPlayTask(&out, second); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 4*second {
		t.Errorf("it took %v", took)
	}
	const want = "alex is eat1\nalex is play1\nalex is task1\nalex is task2\nalex is eat2\nalex is play2\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestSocketServer(t *testing.T) {
	var out strings.Builder
	if err := SocketServer(&out, 500, 3); err != nil {
		t.Fatal(err)
	}
	if want := "500 clients at once, 3 requests each: 500 connections served, 1500 replies right\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

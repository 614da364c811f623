package simrun

import (
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	o := Order{Seed: 1<<64 - 1, Allow: []string{"a b"}, Result: "/x y", Log: "l", MostLog: 7, LogFrom: 8, Timeline: "t"}
	got, err := Parse(o.Text())
	if err != nil || got.Text() != o.Text() {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := Parse("{"); err == nil || !strings.Contains(err.Error(), Variable) {
		t.Error(err)
	}
}

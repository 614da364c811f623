package examples

import (
	"strings"
	"testing"
)

func TestProduceAndConsume(t *testing.T) {
	const n, sum = 1000, 499500
	for _, f := range []func(int) int{Serial, Turns, Channels} {
		if got := f(n); got != sum {
			t.Errorf("the sum is %d, want %d", got, sum)
		}
	}
	var out strings.Builder
	if err := ProduceAndConsume(&out, n); err != nil || strings.Count(out.String(), "499500\n") != 3 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

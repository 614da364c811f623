package stackful_test

import "testing"

// A stack that waits for one generator, and was resumed by somebody else meanwhile, and
// waits for another one now, gets nothing from the first, though that knows it as the one that waits.
func TestNext_anotherOnesValue(t *testing.T) {
	testAnotherOnesValue(t, 1, 2, -1)
	type wide struct{ a, b, c, d, e int } // goes by way of memory
	testAnotherOnesValue(t, wide{1, 1, 1, 1, 1}, wide{2, 2, 2, 2, 2}, wide{})
}

func testAnotherOnesValue[V comparable](t *testing.T, first, second, none V) {
	root := up
	makes := func(v V) (*feeder[V], func() (V, bool)) {
		f := newFeeder(func(yield func(V) bool) {
			yield(v)
			root(nil) // while a consumer waits
			yield(v)
		})
		next := f.next()
		if got, ok := next(); got != v || !ok {
			t.Fatalf("got %v, %v", got, ok)
		}
		f.v = none
		return f, next
	}
	p, nextP := makes(first)
	q, nextQ := makes(second)
	var got V
	asked := 0
	consumer := body(func(any) any {
		nextP()
		asked++
		got, _ = nextQ()
		asked++
		return nil
	})
	consumer.Switch(nil) // asks p, which leaves it waiting
	consumer.Switch(nil) // gives up, and asks q, which leaves it waiting
	want(t, "asked", asked, 1)
	p.s.Switch(nil) // yields, to the consumer
	want(t, "ended", consumer.Done(), true)
	if got != none {
		t.Errorf("asked for %v, got %v", second, got)
	}
	want(t, "the value of the second", q.v, none)
}

package main

import "testing"

func TestSame(t *testing.T) {
	const n = 1000
	if a, b, c := serial(n), turns(n), channels(n); a != b || b != c {
		t.Error(a, b, c)
	}
}

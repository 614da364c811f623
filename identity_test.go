package stackful_test

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"testing"
)

// All stacks of a goroutine are one goroutine.
func TestIdentity_goroutineID(t *testing.T) {
	needNative(t)
	id := goid()
	s := body(func(any) any {
		want(t, "in the entry", goid(), id)
		up(nil)
		want(t, "after a switch", goid(), id)
		want(t, "on another stack", body(func(any) any { return up(goid()) }).Switch(nil), any(id))
		return nil
	})
	s.Switch(nil)
	want(t, "on the root", goid(), id)
	s.Switch(nil)
	want(t, "on the root at last", goid(), id)
}

// Suspended stacks take carriers, which are there before; using them makes no
// goroutine, but for those that are made in place of carriers whose stacks have grown.
func TestIdentity_numGoroutine(t *testing.T) {
	needNative(t)
	suspended().Switch(nil)
	before := runtime.NumGoroutine()
	for range 10_000 {
		suspended().Switch(nil)
	}
	eventually(t, "there are no more goroutines", func() bool { return runtime.NumGoroutine() <= before+spareCarriers })
}

// labelsOf returns the pprof labels under which a goroutine profile shows the
// goroutine that runs function.
func labelsOf(t *testing.T, function string) map[string]string {
	t.Helper()
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, 0); err != nil {
		t.Fatal(err)
	}
	samples, err := parseProfile(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if s.has(function) {
			return s.Labels
		}
	}
	t.Errorf("%s is not in the profile", function)
	return nil
}

const labelling = "github.com/stackful-go/stackful_test.labelsOf"

func labelled(value string) context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels("who", value))
}

// Labels are the goroutine's, not the stack's.
func TestIdentity_pprofLabels(t *testing.T) {
	needNative(t)
	onGoroutine(func() {
		pprof.SetGoroutineLabels(labelled("root"))
		s := body(func(any) any {
			want(t, "in the entry", labelsOf(t, labelling)["who"], "root")
			pprof.SetGoroutineLabels(labelled("stack"))
			up(nil)
			want(t, "after a switch", labelsOf(t, labelling)["who"], "root again")
			return nil
		})
		s.Switch(nil)
		want(t, "on the root", labelsOf(t, labelling)["who"], "stack")
		pprof.SetGoroutineLabels(labelled("root again"))
		s.Switch(nil)
	})
}

// Carriers are made without labels, so that a stack shows none while it is
// suspended.
func TestIdentity_suspendedHasNoLabels(t *testing.T) {
	needNative(t)
	onGoroutine(func() {
		pprof.SetGoroutineLabels(labelled("root"))
		var stacks []*stack
		for range 200 { // more than there are carriers at hand
			s := body(waitUnlabelled)
			s.Switch(nil)
			stacks = append(stacks, s)
		}
		want(t, "label", labelsOf(t, waitingUnlabelled)["who"], "")
		for _, s := range stacks {
			s.Switch(nil)
		}
	})
}

const waitingUnlabelled = "github.com/stackful-go/stackful_test.waitUnlabelled"

//go:noinline
func waitUnlabelled(v any) any { v = up(v); return v }

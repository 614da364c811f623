//go:build linux && !poller_std

package poller

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Dump has the address of the lock of package sync that a task waits for.
func TestPatched_dumpLock(t *testing.T) {
	inPatched(t, func() {
		var a, b sync.Mutex
		var w, r, both sync.RWMutex
		a.Lock()
		b.Lock()
		w.RLock()
		r.Lock()
		both.Lock()
		locks := map[string]struct {
			lock func()
			at   any
		}{
			"first":  {a.Lock, &a},
			"second": {a.Lock, &a},
			"other":  {b.Lock, &b},
			"writer": {w.Lock, &w},
			"reader": {r.RLock, &r},
			"queued": {both.Lock, &both}, // waits for the Mutex in it
		}
		for name, l := range locks {
			Go(l.lock).SetName(name)
		}
		time.Sleep(time.Millisecond)
		dump := Dump()
		for name, l := range locks {
			if want := fmt.Sprintf(`(?m)^%s,.*: waiting for sync\.\w+\.R?Lock %p, for `, name, l.at); !regexp.MustCompile(want).MatchString(dump) {
				t.Errorf("no %s in\n%s", want, dump)
			}
		}
		a.Unlock()
		b.Unlock()
		w.RUnlock()
		r.Unlock()
		both.Unlock()
		time.Sleep(time.Millisecond)
		a.Unlock() // for the second of its waiters
	})
}

// What a task waits for is in Dump, in the runtime's words, with the time.
func TestPatched_dump(t *testing.T) {
	eachWait(t, func(t *testing.T, w runtimeWait, wait, wake func()) {
		task := waitingTask(wait)
		time.Sleep(time.Millisecond)
		want := ": waiting for " + w.reason + ", for "
		dump := Dump()
		if w.reason == "sync.Mutex.Lock" || strings.HasPrefix(w.reason, "sync.RWMutex.") {
			dump = regexp.MustCompile(`( for sync\.\S+) 0x[0-9a-f]+, `).ReplaceAllString(dump, "$1, ") // see TestPatched_dumpLock
		}
		_, rest, _ := strings.Cut(dump, task.Name()+", ")
		_, rest, found := strings.Cut(rest, want)
		took, _, _ := strings.Cut(rest, "\n")
		if d, err := time.ParseDuration(took); !found || err != nil || d < time.Millisecond || d > time.Minute {
			t.Errorf("the dump lacks %q and at least a millisecond:\n%s", want, Dump())
		}
		if wake == nil {
			task.Kill()
		} else {
			wake()
			task.Join()
		}
	})
}

//go:build !amd64 || race

package poller

import "sync/atomic"

// publish is a release store: see relaxed_amd64.go.
func publish(p *atomic.Uint32, v uint32) { p.Store(v) }

// publish64 is publish for 8 bytes.
func publish64(p *atomic.Uint64, v uint64) { p.Store(v) }

// publishTrue is publish for a bool.
func publishTrue(p *atomic.Bool) { p.Store(true) }

// publishTask is publish for a pointer to a task.
func publishTask(p *atomic.Pointer[Task], t *Task) { p.Store(t) }

//go:build !race

package poller

import (
	"sync/atomic"
	"unsafe"
)

// publish stores v as atomic.Uint32.Store does, except that the processor may make
// later loads of this goroutine before it: on amd64 that is an ordinary store,
// which costs a tenth of the locked one.
func publish(p *atomic.Uint32, v uint32) { *(*uint32)(unsafe.Pointer(p)) = v }

// publish64 is publish for 8 bytes.
func publish64(p *atomic.Uint64, v uint64) { *(*uint64)(unsafe.Pointer(p)) = v }

// publishTask is publish for a pointer to a task.
func publishTask(p *atomic.Pointer[Task], t *Task) { *(**Task)(unsafe.Pointer(p)) = t }

// publishTrue is publish for a bool.
func publishTrue(p *atomic.Bool) { *(*uint32)(unsafe.Pointer(p)) = 1 }

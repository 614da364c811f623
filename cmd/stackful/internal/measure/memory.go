package measure

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// A MemoryUse is what a process holds, in bytes.
type MemoryUse struct {
	RSS   int64 `json:"rss_bytes"` // 0 where it is not known
	Heap  int64 `json:"heap_bytes"`
	Stack int64 `json:"stack_bytes"`
}

// Memory collects garbage and returns what this process holds then.
func Memory() MemoryUse {
	runtime.GC()
	runtime.GC() // the first one's sweep is complete after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return MemoryUse{RSS: residentBytes(), Heap: int64(m.HeapInuse), Stack: int64(m.StackInuse)}
}

// residentBytes returns the process's resident set, 0 where the system has no
// /proc/self/statm.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// Minus returns what m has grown by since before.
func (m MemoryUse) Minus(before MemoryUse) MemoryUse {
	return MemoryUse{m.RSS - before.RSS, m.Heap - before.Heap, m.Stack - before.Stack}
}

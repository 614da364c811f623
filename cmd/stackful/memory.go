package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// A memoryUse is what a process holds, in bytes.
type memoryUse struct {
	RSS   int64 `json:"rss_bytes"` // 0 where it is not known
	Heap  int64 `json:"heap_bytes"`
	Stack int64 `json:"stack_bytes"`
}

// measureMemory collects garbage and returns what is left.
func measureMemory() memoryUse {
	runtime.GC()
	runtime.GC() // the first one's sweep is complete after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memoryUse{RSS: residentBytes(), Heap: int64(m.HeapInuse), Stack: int64(m.StackInuse)}
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

// minus returns what m has grown by since before.
func (m memoryUse) minus(before memoryUse) memoryUse {
	return memoryUse{m.RSS - before.RSS, m.Heap - before.Heap, m.Stack - before.Stack}
}

package main

// pictures are the sections of the document, in their order.
var pictures = []struct {
	id, title string
	about     string // Markdown, with links relative to docs
	measure   func(m *measurement) (Picture, error)
}{
	{"chat", "A chat server, end to end", `
300 members, of whom 30 say 40 lines each, one after the other, that all hear: [examples/chat](../examples/chat/main.go) and
[the same with goroutines](../tests/benchdocs/chatnet/main.go). The servers take turns, each in a process of its own; the clients are in
another one. Processor time is that of the server's whole life.
`, measureChat},
	{"echo", "An echo server", `
500 connections, each with one request of 64 bytes at a time. Each server is a process of its own with one processor on one core, the
clients are in another one on another core, and the servers take turns. Package net has a goroutine for each connection; epoll is a loop
written by hand, without coroutines: the floor. [tests/peers](../tests/peers/RESULTS.md) has other numbers of connections, memory, HTTP and
behaviour.
`, measureEcho},
	{"switch", "A switch", `
From one to another, one way, with a value, on one processor. iter.Pull is half of a next(), which goes there and back.
`, measureSwitch},
	{"generators", "Generators", `
next(), the next value of a sequence, for values that Go passes in registers and in memory. In the function that calls Pull the compiler may
inline next; where next is kept elsewhere it cannot.
`, measureGenerators},
	{"lives", "Making and ending", `
Whole lives on a warm pool: make one, run it, have it end; and make one, and end it by an exception where it is suspended. A goroutine has no
exception that comes from outside: it raises its own.
`, measureLives},
	{"tasks", "What tasks do among themselves", `
Processor time of tasks of package poller beside goroutines with Go's counterpart, on one processor: each figure is a median of 21 turns of
both, and the ranges are those of whole runs.
`, measureTasks},
	{"memory", "Memory of a suspended coroutine", `
Resident bytes of one, 100,000 of them suspended, each kind in a process of its own. A bare body holds nothing; a real one has decoded JSON
before it waits, so that its stack has grown to 4 KiB. The ranges are those of whole processes.
`, measureMemory},
	{"game", "A game", `
10,000 characters, each with a script that is resumed once a frame, tells the game something, which is garbage a frame later, and is left in
the middle; 50 scripts a frame end or are ended, and others start. 8 seconds at 60 frames a second, each kind in a process of its own, with
all processors. Stacks are those of the process at the last frame, and kept is what is left of them when all scripts have ended.
`, measureGame},
	{"tails", "Tails beside collections", `
A single switch among 10,000 live coroutines while another goroutine allocates, so that collections run back to back, beside a single
Gosched of an ordinary goroutine then: in turn, window by window, on two processors. The figures are of all windows together, the ranges
those of single windows. A switch to a stack that the collector has not scanned yet scans it. A goroutine that calls Gosched has only its
own stack to be scanned.
`, measureTails},
	{"patched", "The patched library", `
The same program as go builds it and as [stackful build](patch.md) does, in turn, on one processor. In a patched program Go's own channels,
locks and connections park tasks. Its goroutines show what the patch costs the others; poller's own connections, in a program that is not
patched, what is saved by calling the package directly.
`, measurePatched},
}

// place returns where in the document a picture is; one that is not there, behind all.
func place(id string) int {
	for i, one := range pictures {
		if one.id == id {
			return i
		}
	}
	return len(pictures)
}

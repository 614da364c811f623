package sched

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Frame is a call on a stack.
type Frame = Place

// runFrame begins the line of Task.run in a stack that runtime.Stack has printed. The task's address
// follows: so the text of all stacks tells which is whose, of any hub, on any goroutine.
const runFrame = internal + "sched.(*Task).run(0x"

// TaskStacks returns the stacks of all tasks of the process that have started, the innermost
// call first, without the calls of this module's library at the two ends. The task on whose
// stack a coroutine was resumed has the stack up to that. It is nil if there are more than
// mostGoroutines. The world stops meanwhile.
func TaskStacks() func(t *Task) []Frame {
	if runtime.NumGoroutine() > mostGoroutines {
		return nil
	}
	texts := make(map[string][]byte)
	for stack := range bytes.SplitSeq(allStacks(), []byte("\n\n")) {
		if _, at, ok := bytes.Cut(stack, []byte("\n"+runFrame)); ok {
			if end := bytes.IndexAny(at, "?,)"); end >= 0 {
				texts[string(at[:end])] = stack
			}
		}
	}
	return func(t *Task) []Frame {
		address := fmt.Sprintf("%p", t)
		return Frames(texts[strings.TrimPrefix(address, "0x")])
	}
}

// Frames returns the calls of a stack as runtime.Stack has printed it, as TaskStacks does. The
// place where runtime.Stack has left some out is a frame without a file.
func Frames(stack []byte) []Frame {
	var all []Frame
	_, rest, _ := strings.Cut(string(stack), "\n")
	for rest != "" {
		var line, at string
		line, rest, _ = strings.Cut(rest, "\n")
		switch {
		case strings.HasPrefix(line, "..."):
			all = append(all, Frame{Function: line})
			continue
		case strings.HasPrefix(line, runFrame), strings.HasPrefix(line, "created by "):
			return withoutEngine(all)
		}
		at, rest, _ = strings.Cut(rest, "\n")
		name, _, ok := cutLast(line, "(")
		if !ok {
			break // not a stack
		}
		f := Frame{Function: name}
		at, _, _ = strings.Cut(strings.TrimPrefix(at, "\t"), " +0x")
		if file, n, ok := cutLast(at, ":"); ok {
			f.File = file
			f.Line, _ = strconv.Atoi(n)
		}
		all = append(all, f)
	}
	return withoutEngine(all)
}

// withoutEngine returns the frames of a task without those innermost ones that are of this library,
// but for the function of package poller, or coro, that the user's code has called.
func withoutEngine(all []Frame) []Frame {
	isOwn := func(f Frame) bool { return isEngine(f.Function, f.File) }
	n := max(slices.IndexFunc(all, isOwn), 0)
	if n > 0 && !isSwitch(all[n].Function) {
		n = 0 // a function of the user's that the library has called
	}
	for n < len(all) && isOwn(all[n]) {
		n++
	}
	if n > 0 && n < len(all) {
		if last := all[n-1].Function; !strings.HasPrefix(last, internal) && !isSwitch(last) {
			n--
		}
	}
	return all[n:]
}

// isSwitch reports whether a function is of the layer that switches stacks, which calls nothing of
// the user's on a task's stack.
func isSwitch(function string) bool {
	return strings.HasPrefix(function, module+".") || strings.HasPrefix(function, module+"/asm.")
}

// FramesText returns the frames as runtime.Stack prints them, without arguments, each line
// indented.
func FramesText(all []Frame, indent string) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%s%s\n", indent, f.Function)
		if f.File != "" {
			fmt.Fprintf(&b, "%s\t%s:%d\n", indent, f.File, f.Line)
		}
	}
	return b.String()
}

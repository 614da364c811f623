package apply

import (
	"bytes"
	"fmt"
	"slices"
)

// context is how many unchanged lines are around a change in a diff.
const context = 3

// A line is one line of a diff.
type line struct {
	kind byte // ' ' in both texts, '-' in the old one, '+' in the new one
	text []byte
}

// unified returns the difference of two texts in the form that patch -p1 takes; nothing if there
// is none.
func unified(name string, before, after []byte) []byte {
	all := compare(split(before), split(after))
	var out bytes.Buffer
	oldLine, newLine := 0, 0 // of all[i], from 0
	for i := 0; i < len(all); {
		start := i
		end := hunk(all, i)
		if end == 0 {
			break
		}
		start += max(0, lead(all[start:])-context)
		oldLine, newLine = oldLine+start-i, newLine+start-i
		olds, news := 0, 0
		for _, l := range all[start:end] {
			if l.kind != '+' {
				olds++
			}
			if l.kind != '-' {
				news++
			}
		}
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", name, name)
		}
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", span(oldLine, olds), span(newLine, news))
		for _, l := range all[start:end] {
			out.WriteByte(l.kind)
			out.Write(l.text)
			if !bytes.HasSuffix(l.text, []byte("\n")) {
				out.WriteString("\n\\ No newline at end of file\n")
			}
		}
		oldLine, newLine = oldLine+olds, newLine+news
		i = end
	}
	return out.Bytes()
}

// lead returns how many unchanged lines all begins with.
func lead(all []line) int {
	n := slices.IndexFunc(all, func(l line) bool { return l.kind != ' ' })
	if n < 0 {
		return len(all)
	}
	return n
}

// hunk returns the end of the first hunk from line i on, 0 if nothing changes there. A hunk ends
// where the next change is too far for the context of the two to meet.
func hunk(all []line, i int) (end int) {
	for {
		same := lead(all[i:])
		switch {
		case i+same == len(all): // no change is left
			if end == 0 {
				return 0
			}
			return end + min(same, context)
		case end != 0 && same > 2*context:
			return end + context
		}
		i += same
		for i < len(all) && all[i].kind != ' ' {
			i++
		}
		end = i
	}
}

// span writes n lines from line start on, as diffs do.
func span(start, n int) string {
	if n > 0 {
		start++
	}
	return fmt.Sprintf("%d,%d", start, n)
}

// split splits a text behind its newlines.
func split(text []byte) [][]byte {
	all := bytes.SplitAfter(text, []byte("\n"))
	if len(all[len(all)-1]) == 0 {
		all = all[:len(all)-1]
	}
	return all
}

// compare returns the lines of both texts, in order, by Myers's greedy algorithm.
func compare(a, b [][]byte) (all []line) {
	at := len(a) + len(b) + 1     // diagonal 0
	reach := make([]int, 2*at+1)  // on each diagonal, the line of a that was reached
	var trace [][]int             // reach before each step
	down := func(d, k int) bool { // the best way to diagonal k is by a line of b
		return k == -d || k != d && reach[at+k-1] < reach[at+k+1]
	}
search:
	for d := 0; ; d++ {
		trace = append(trace, slices.Clone(reach))
		for k := -d; k <= d; k += 2 {
			x := reach[at+k+1]
			if !down(d, k) {
				x = reach[at+k-1] + 1
			}
			for x < len(a) && x-k < len(b) && bytes.Equal(a[x], b[x-k]) {
				x++
			}
			if reach[at+k] = x; x >= len(a) && x-k >= len(b) {
				break search
			}
		}
	}
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		reach = trace[d]
		k := x - y
		fromX := reach[at+k+1]
		if !down(d, k) {
			fromX = reach[at+k-1] + 1
		}
		for x > fromX { // unchanged, after the step
			x, y = x-1, y-1
			all = append(all, line{' ', a[x]})
		}
		switch {
		case d == 0:
		case down(d, k):
			y--
			all = append(all, line{'+', b[y]})
		default:
			x--
			all = append(all, line{'-', a[x]})
		}
	}
	slices.Reverse(all)
	return all
}

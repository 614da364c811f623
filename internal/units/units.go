// Package units writes numbers for people: with separators, three significant digits, and a unit that fits. It
// imports nothing of this module.
package units

import (
	"strconv"
	"time"
)

// Thousands writes n with separators.
func Thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(text) - 3; i > start; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Digits writes x with three significant digits, without an exponent.
func Digits(x float64) string {
	switch {
	case x < 0:
		return "-" + Digits(-x)
	case x >= 99.95:
		return Thousands(int64(x + 0.5))
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// Duration writes ns nanoseconds in a unit that fits.
func Duration(ns float64) string {
	switch d := time.Duration(ns); {
	case d < time.Microsecond:
		return Digits(ns) + " ns"
	case d < time.Millisecond:
		return Digits(ns/1e3) + " µs"
	case d < time.Second:
		return Digits(ns/1e6) + " ms"
	}
	return Digits(ns/1e9) + " s"
}

// Bytes writes n bytes in a unit that fits.
func Bytes(n float64) string {
	switch {
	case n < 10<<10:
		return Digits(n) + " B"
	case n < 10<<20:
		return Digits(n/(1<<10)) + " KiB"
	}
	return Digits(n/(1<<20)) + " MiB"
}

// Plural writes n of something, in the form of the word that fits n.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(int64(n)) + " " + many
}

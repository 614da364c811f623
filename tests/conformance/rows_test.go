package conformance

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const lastRow = 169

// notTested names the rows without a test, and why they have none.
var notTested = map[int]string{
	5:   "New refuses a nil body (G002), so there is no coroutine that waits for its body",
	17:  "keyword arguments: a Go value is one typed value; pass a struct",
	18:  "keyword arguments",
	26:  "attribute lookup hooks: a body is a func value, nothing runs before it",
	29:  "attribute lookup hooks",
	32:  "tuple subclasses: no user code runs while a value is passed",
	33:  "abstract classes",
	37:  "arity errors: the type of a body is checked at compile time",
	60:  "str and unicode of Python 2",
	61:  "subclassing",
	66:  "corrupting a switch: the engine throws, which no test can survive; see the engine's own tests",
	68:  "arity errors",
	71:  "destructors at the moment of a start",
	77:  "tracebacks are not arguments in Go",
	78:  "classes and instances: Throw takes one error value",
	90:  "destructors that switch; TestDeepDefers is the nearest thing",
	89:  "not there yet: the size of a suspended stack is not known to package coro",
	100: "Python's profiler",
	102: "Python's profiler, subclasses",
	104: "Python's profiler, subclasses",
	111: "a coroutine's Locals are assigned, not entered: there is no order to break",
	115: "wrong types: checked at compile time",
	117: "keyword arguments",
	121: "optional clean-up of other threads: there is no such option",
	123: "as 121",
	134: "C API",
	135: "C API, keyword arguments",
	142: "C API, tracebacks",
	143: "C API, classes and instances",
	144: "C API; a nil error is G079",
	145: "C API, reference counts",
	155: "exit handlers: Go has none",
	156: "exit handlers",
	157: "exit handlers",
	158: "exit handlers",
	159: "exit handlers",
	160: "exit handlers",
	162: "teardown of the interpreter: a Go process ends at once",
	163: "teardown of the interpreter",
	164: "teardown of the interpreter",
	165: "exit handlers",
	166: "exit handlers",
	167: "teardown of the interpreter",
	168: "teardown of the interpreter",
	169: "a Go module's version is kept by the go command; runtime/debug.ReadBuildInfo returns it",
}

func TestEveryRow(t *testing.T) {
	tested := testedRows(t)
	for row := 1; row <= lastRow; row++ {
		name, has := tested[row]
		reason, listed := notTested[row]
		switch {
		case !has && !listed:
			t.Errorf("G%03d has neither a test nor a reason", row)
		case has && listed:
			t.Errorf("G%03d is tested by %s and listed as not tested: %s", row, name, reason)
		}
	}
	if n := len(tested) + len(notTested); n != lastRow {
		t.Errorf("%d rows are tested or listed, there are %d", n, lastRow)
	}
}

// testedRows finds the tests of this package by their names.
func testedRows(t *testing.T) map[int]string {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	tested := make(map[int]string)
	re := regexp.MustCompile(`(?m)^func (TestG(\d\d\d)_\w+)\(t \*testing\.T\)`)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range re.FindAllStringSubmatch(string(text), -1) {
			var row int
			fmt.Sscanf(m[2], "%d", &row)
			if other, ok := tested[row]; ok {
				t.Errorf("G%03d is tested twice: %s and %s", row, other, m[1])
			}
			tested[row] = m[1]
		}
	}
	return tested
}

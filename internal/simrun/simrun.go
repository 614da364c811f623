// Package simrun is what `stackful test -sim` and the test binaries that it runs, by package poller/patch/sim, know of
// each other: the order that a process gets in its environment, and the page of memory in which it leaves its
// result, however it ends. A panic, a signal or an exit loses nothing, as the page is that of a file.
//
// It imports nothing of this module.
package simrun

import (
	"encoding/json"
	"fmt"
	"os"
	"unsafe"
)

// Variable is the environment variable with the Order.
const Variable = "STACKFUL_SIM"

// An Order is what a process is to do. The files are there, and empty; without a name there is none.
type Order struct {
	Seed     uint64
	Allow    []string // operations that a simulation would refuse
	Date     int64    // of the beginning, in seconds since 1970; 0 is the simulation's own
	Result   string   // of PageSize zeros, becomes a Page
	Log      string   // gets the schedule as text; there may be zeros behind it
	MostLog  int64    // bound of its size, and of Timeline's
	LogFrom  uint64   // the switch with which it begins
	Timeline string   // gets the schedule in Chrome's trace format; there may be zeros behind it
}

// Text returns o as it is in the environment.
func (o Order) Text() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(text)
}

// Parse is the inverse of Text.
func Parse(text string) (o Order, err error) {
	if err = json.Unmarshal([]byte(text), &o); err != nil {
		err = fmt.Errorf("%s: %w", Variable, err)
	}
	return o, err
}

// PageSize is the size of a Page in bytes.
const PageSize = 4096

// A Page is the result of a run.
type Page struct {
	Hash     uint64 // of what has happened until the last switch; at the end, of all
	Switches uint64
	Passed   int64 // virtual nanoseconds
	State    State
	Failed   bool // valid if State is Ended
	Skipped  bool
	Left     uint32 // tasks that had not ended; valid if State is Ended
	length   uint32
	text     [textSize]byte
}

const textSize = PageSize - 40

var _ [PageSize]byte = [unsafe.Sizeof(Page{})]byte{}

// A State is how far a run has come.
type State uint32

// The states, in their order.
const (
	NotBegun State = iota // the test has not been run, or not in a simulation
	Running
	Broken // the simulation has failed; the text is its error
	Ended  // the test has ended; the text is what it has not printed, which says why it was skipped
)

// SetText sets the text, as far as there is room.
func (p *Page) SetText(text string) { p.length = uint32(copy(p.text[:], text)) }

// Text returns the text.
func (p *Page) Text() string { return string(p.text[:min(p.length, textSize)]) }

// ReadPage reads a page from its file.
func ReadPage(name string) (p Page, err error) {
	data, err := os.ReadFile(name)
	if err == nil && len(data) != PageSize {
		err = fmt.Errorf("%s has %d bytes, not %d", name, len(data), PageSize)
	}
	if err == nil {
		p = *(*Page)(unsafe.Pointer((*[PageSize]byte)(data)))
	}
	return p, err
}

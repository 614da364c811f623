// Package fault has the reports of misuse, of broken invariants and of features that the
// platform lacks. It imports nothing.
package fault

// Usage panics because the caller broke the rules.
func Usage(text string) { panic("poller: " + text) }

// Bug panics because an invariant of this package does not hold.
func Bug(text string) { panic("BUG: poller: " + text) }

// Unsupported returns the error for a feature that the platform lacks. Package poller,
// whose exported type it has, sets it before anything is called.
var Unsupported func(needs string) error

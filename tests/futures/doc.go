// Package futures tests what the module does where its assumptions do not hold: in
// a Go release that nobody has tried, and with layout tables that are wrong. In
// both it must come up on the portable backend, say why, and work.
package futures

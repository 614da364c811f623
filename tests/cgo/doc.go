// Package cgo tests switches beside C frames: what is refused inside a callback
// from C, and that all goes on afterwards.
package cgo

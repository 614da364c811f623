//go:build fixed

// Package version says which version of the programs is built.
package version

// Fixed reports whether the programs are built without their bugs, by the build tag fixed.
const Fixed = true

//go:build !stackful_portable

package cgo

const forcedPortable = false

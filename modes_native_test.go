//go:build !stackful_portable

package stackful_test

const forcedPortable = false

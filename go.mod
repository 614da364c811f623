module github.com/stackful-go/stackful

go 1.25.0

require (
	github.com/klauspost/cpuid/v2 v2.3.0
	golang.org/x/sys v0.44.0
)

// For tests.
require golang.org/x/net v0.54.0

// For the command `stackful fix`: no other package imports it.
require (
	golang.org/x/mod v0.36.0 // indirect
	golang.org/x/sync v0.20.0 // indirect
	golang.org/x/tools v0.45.0
)

module github.com/stackful-go/stackful

go 1.25.0

require (
	github.com/klauspost/cpuid/v2 v2.3.0
	golang.org/x/sys v0.44.0
)

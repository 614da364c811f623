//go:build race

package machine

// Race says whether this is a build with the race detector.
const Race = true

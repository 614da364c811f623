//go:build race

package stackful_test

const raceEnabled = true

// Package crash tests how a process dies whose stacks are exchanged: the report
// must be what it would be for a goroutine. Each way to die is a program of
// programs_test.go, with what it prints in its comment, and runs in a process
// of its own.
package crash

//go:build !unix

package sched

// handleQuit does nothing, where there is no SIGQUIT.
func handleQuit() {}

func endByQuit() {}

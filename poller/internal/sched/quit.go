package sched

import (
	"os"
	"sync"
)

// QuitReport returns what SIGQUIT prints of the tasks of all hubs. Package poller sets it.
var QuitReport func() string

// HandleQuit is debug.HandleQuit.
var HandleQuit = sync.OnceFunc(handleQuit)

// quit tells of the tasks, and then has SIGQUIT end the program. It is called on a goroutine of
// its own, when the signal has come.
func quit() {
	os.Stderr.WriteString(QuitReport())
	endByQuit()
}

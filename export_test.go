package stackful

import "os"

// What the tests outside of the package know of this build.
const (
	PortableTag = portableTag
	RaceEnabled = raceEnabled
)

// InOwnProcess is inOwnProcess for these tests.
var InOwnProcess = inOwnProcess

// Emulator returns the path of the user-mode emulator that runs this process,
// "" if there is none. It shows itself where it forgets to hide: under one of
// the two names of the same link.
func Emulator() string {
	self, err1 := os.Readlink("/proc/self/exe")
	thread, err2 := os.Readlink("/proc/thread-self/exe")
	if err1 != nil || err2 != nil || self == thread {
		return ""
	}
	return thread
}

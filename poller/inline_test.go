package poller

import (
	"os/exec"
	"regexp"
	"testing"
)

// hot is what must be part of its callers on the way of a switch: each call that is none today
// would cost more than what it does. (A package border in between costs nothing.)
var hot = map[string][]string{
	".": {`\(\*Chan\[.*\]\)\.enqueue`, `\(\*Chan\[.*\]\)\.fetch`, `\(\*Chan\[.*\]\)\.put`, `\(\*Chan\[.*\]\)\.take`, `Sleep`, `Yield`,
		`\(\*Conn\)\.writeMessage`, `\(\*PacketConn\)\.readFrom`},
	"./internal/biased":  {`\(\*Lock\)\.TryOwn`, `\(\*Lock\)\.UnlockOwned`, `\(\*Lock\)\.unlockFast`, `StoreRelease`, `StoreRelease64`, `enter`},
	"./internal/timers":  {`\(\*Heap\)\.Next`, `\(\*Heap\)\.Disarm`},
	"./internal/mailbox": {`\(\*Box\)\.Empty`},
	"./internal/sched": {`Here`, `CurrentTask`, `\(\*Hub\)\.LockID`, `\(\*Hub\)\.CheckPreempt`, `\(\*Hub\)\.SwitchedIn`, `\(\*Hub\)\.scheduleOnRoot`,
		`\(\*Waiter\)\.Begin`, `\(\*Waiter\)\.Claim`, `\(\*Node\)\.ClaimLocal`, `\(\*Queue\)\.Push`, `\(\*Queue\)\.Pop`, `\(\*Queue\)\.Remove`,
		`\(\*ring\)\.push`, `\(\*ring\)\.pop`, `\(\*ring\)\.take`, `Raise`},
}

func TestInlining(t *testing.T) {
	tool, err := exec.LookPath("go")
	if testing.Short() || err != nil {
		t.Skip("takes some seconds, and the go command")
	}
	for dir, functions := range hot {
		out, err := exec.Command(tool, "build", "-gcflags=-m=2", dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, f := range functions {
			if !regexp.MustCompile(`(?m): can inline ` + f + ` with cost`).Match(out) {
				t.Errorf("%s: %s is not inlined", dir, f)
			}
		}
	}
}

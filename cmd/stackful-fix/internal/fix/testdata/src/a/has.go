package a

import (
	"time"

	p "github.com/stackful-go/stackful/poller"
)

func has() {
	p.Sleep(1)
	time.Sleep(1) // want `time.Sleep stops`
}

package a

import "time"

func single(poll int) {
	time.Sleep(1) // want `time.Sleep stops`
}

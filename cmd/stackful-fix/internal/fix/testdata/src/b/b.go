package b

import . "time"

func dotted() {
	Sleep(1) // want `time.Sleep stops .*dot import`
}

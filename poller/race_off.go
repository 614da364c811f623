//go:build !race

package poller

func raceAcquireIO()   {}
func raceReleaseIO()   {}
func raceRead([]byte)  {}
func raceWrite([]byte) {}

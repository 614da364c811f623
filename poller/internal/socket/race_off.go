//go:build !race

package socket

func raceAcquireIO()   {}
func raceReleaseIO()   {}
func raceRead([]byte)  {}
func raceWrite([]byte) {}

//go:build !race

package stackful

const raceEnabled = false

// raceState is what the race detector synchronizes an owner's stacks on.
type raceState struct{}

func raceDepart(*owner) {}
func raceArrive(*owner) {}
func raceEnter(*owner)  {}
func raceLeave(*owner)  {}
func raceDetach(*Stack) {}
func raceAttach(*Stack) {}

//go:build unix && !race

package crash

const raceEnabled = false

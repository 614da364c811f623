//go:build unix && race

package crash

const raceEnabled = true

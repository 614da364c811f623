//go:build race

package asm

const raceEnabled = true

// raceMargin is what the race detector's frames need besides StackGuard: a second StackNosplitBase.
const raceMargin = 800

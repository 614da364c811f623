//go:build !race

package asm

const raceEnabled = false

const raceMargin = 0

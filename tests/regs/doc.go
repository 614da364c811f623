// Package regs tests what a switch does to registers: everything that Go code
// keeps across a call it keeps across a switch, whatever the registers held.
package regs

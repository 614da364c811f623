package asm

// ShadowStack says whether the processor checks return addresses against a
// shadow stack on the calling thread, and how that was found out, in words. A
// library that swaps stacks with plain instructions must not do so on such a
// thread: its first return on the other stack would be killed.
//
// The answer is false where the system has no way to ask, as Go programs are not
// started with shadow stacks there. It is about one thread, on Windows about the
// process: lock the goroutine to it, or ask before threads that C made can be
// involved. It does not block.
func ShadowStack() (active bool, how string) { return shadowStack() }

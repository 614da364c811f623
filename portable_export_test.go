package stackful

// The tests make orphans all the time, and wait for them.
func init() { dumpShare = 1 }

// Package conformance holds package coro to what greenlet does: one test for
// each behaviour that greenlet's own tests pin, named after its number in the
// list of behaviours (G001 to G169) and after greenlet's test. What has no
// meaning in Go, or is not there yet, is listed in notTested with the reason;
// TestEveryRow checks that no number is forgotten.
package conformance

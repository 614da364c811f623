// Package plain is an ordinary package: a stock, and orders that goroutines take from it.
package plain

import "sync"

// A Stock has so many pieces of each article.
type Stock struct {
	mu     sync.Mutex
	pieces map[string]int
}

// NewStock returns a stock.
func NewStock(pieces map[string]int) *Stock { return &Stock{pieces: pieces} }

// Count returns how many pieces there are.
func (s *Stock) Count(article string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pieces[article]
}

// Take takes n pieces, if there are as many. The lock is not held from the look to the change.
func (s *Stock) Take(article string, n int) bool {
	if s.Count(article) < n {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[article] -= n
	return true
}

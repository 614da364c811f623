// Package lostupdate is the stock of a shop, which customers reserve from at the same time.
package lostupdate

import (
	"errors"
	"sync"

	"example.com/bugs/internal/version"
)

// ErrSoldOut means that less is left than was asked for.
var ErrSoldOut = errors.New("sold out")

// An Entry of the journal says what has been reserved.
type Entry struct {
	Item  string
	Count int
}

// A Shop keeps the stock, and a journal of what happens to it.
type Shop struct {
	mu    sync.Mutex
	stock map[string]int

	entries chan Entry
	journal []Entry
	written chan struct{} // closed at the end of the journal
}

// Open returns a shop with the stock. It keeps the map.
func Open(stock map[string]int) *Shop {
	s := &Shop{stock: stock, entries: make(chan Entry, 16), written: make(chan struct{})}
	go s.write()
	return s
}

// write keeps the journal.
func (s *Shop) write() {
	defer close(s.written)
	for e := range s.entries {
		s.journal = append(s.journal, e)
	}
}

// Close ends the journal and returns it.
func (s *Shop) Close() []Entry {
	close(s.entries)
	<-s.written
	return s.journal
}

// Left returns how many of the item are left.
func (s *Shop) Left(item string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stock[item]
}

// Reserve takes count of the item out of the stock.
func (s *Shop) Reserve(item string, count int) error {
	if version.Fixed {
		return s.reserveAtOnce(item, count)
	}
	left := s.Left(item)
	if left < count {
		return ErrSoldOut
	}
	s.entries <- Entry{item, count}
	s.setLeft(item, left-count) // the bug: left may have changed meanwhile
	return nil
}

func (s *Shop) setLeft(item string, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock[item] = count
}

func (s *Shop) reserveAtOnce(item string, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stock[item] < count {
		return ErrSoldOut
	}
	s.stock[item] -= count
	s.entries <- Entry{item, count}
	return nil
}

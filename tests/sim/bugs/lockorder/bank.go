// Package lockorder is a bank: accounts with a lock each, and transfers between them.
package lockorder

import (
	"errors"
	"sync"

	"example.com/bugs/internal/version"
)

// ErrFunds means that an account holds less than is to be transferred.
var ErrFunds = errors.New("insufficient funds")

// An Account holds money.
type Account struct {
	Number int

	mu      sync.Mutex
	balance int
}

// A Bank has accounts, numbered from 0.
type Bank struct {
	accounts []*Account
}

// Open returns a bank with as many accounts as there are balances.
func Open(balances ...int) *Bank {
	b := &Bank{}
	for i, balance := range balances {
		b.accounts = append(b.accounts, &Account{Number: i, balance: balance})
	}
	return b
}

// Transfer moves an amount from one account to another.
func (b *Bank) Transfer(from, to, amount int) error {
	if from == to {
		return nil
	}
	payer, payee := b.accounts[from], b.accounts[to]
	unlock := lock(payer, payee)
	defer unlock()
	if payer.balance < amount {
		return ErrFunds
	}
	payer.balance -= amount
	payee.balance += amount
	return nil
}

// lock locks two accounts, and returns the function that unlocks them.
func lock(a, b *Account) (unlock func()) {
	if version.Fixed && b.Number < a.Number {
		a, b = b, a
	}
	a.mu.Lock()
	b.mu.Lock() // the bug: the holder of b may wait for a
	return func() {
		b.mu.Unlock()
		a.mu.Unlock()
	}
}

// Total returns how much money there is.
func (b *Bank) Total() int {
	total := 0
	for _, a := range b.accounts {
		a.mu.Lock()
		total += a.balance
		a.mu.Unlock()
	}
	return total
}

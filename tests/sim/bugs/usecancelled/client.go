// Package usecancelled is the client of a key-value store, which keeps connections for requests
// that may be cancelled.
package usecancelled

import (
	"context"

	"example.com/bugs/internal/version"
)

// A Conn is a connection to the store: it answers one request after the other.
type Conn struct {
	requests chan string
	answers  chan string
}

// NewConn returns a connection to a store that looks keys up with lookup.
func NewConn(lookup func(key string) string) *Conn {
	c := &Conn{requests: make(chan string), answers: make(chan string, 1)}
	go func() {
		defer close(c.answers)
		for key := range c.requests {
			c.answers <- lookup(key)
		}
	}()
	return c
}

// Close ends the connection after the request that is under way.
func (c *Conn) Close() { close(c.requests) }

// A Client asks the store by a limited number of connections.
type Client struct {
	connect func() *Conn
	free    chan *Conn
}

// NewClient returns a client with n connections.
func NewClient(n int, connect func() *Conn) *Client {
	client := &Client{connect: connect, free: make(chan *Conn, n)}
	for range n {
		client.free <- connect()
	}
	return client
}

// Get returns the value of the key, or the error of the context.
func (client *Client) Get(ctx context.Context, key string) (string, error) {
	var c *Conn
	select {
	case c = <-client.free:
	case <-ctx.Done():
		return "", ctx.Err()
	}

	select {
	case c.requests <- key:
	case <-ctx.Done():
		client.free <- c
		return "", ctx.Err()
	}

	if ctx.Err() != nil && !version.Fixed {
		client.free <- c // the bug: the request has been sent, so the next one gets its answer
		return "", ctx.Err()
	}

	select {
	case value := <-c.answers:
		client.free <- c
		return value, nil
	case <-ctx.Done():
		c.Close() // its answer is still to come: it cannot be used again
		client.free <- client.connect()
		return "", ctx.Err()
	}
}

// Close ends all connections. No request may be under way.
func (client *Client) Close() {
	for range cap(client.free) {
		(<-client.free).Close()
	}
}

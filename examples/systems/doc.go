// Package systems holds the example programs that stand for programs of gevent's
// users, as functions: the programs beside it and "stackful demo" call them.
package systems

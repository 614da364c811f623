// Package integration tests well-known users of net.Conn and net.Listener over
// package poller's: crypto/tls, bufio, net/http, golang.org/x/net/http2, ipv4 and ipv6,
// database/sql with a driver for PostgreSQL, two clients for Redis, and fasthttp. Databases
// are real servers, which the tests start on loopback, each with a directory of its own.
//
// It is a module of its own, so that users of this one do not get its dependencies.
// Servers that are not installed are installed by apt-get, if root runs the tests;
// otherwise the tests that need them fail.
//
// TestPatched_* are for `stackful test`: there the libraries run unmodified, over package net's
// own connections.
package integration

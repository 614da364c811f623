// Package simnet is the network of a simulation: hosts, what lies between any two of them, TCP
// connections, listeners and UDP sockets, in memory, in the time of the simulation's clock and
// with chances that its seed decides.
//
// It stands on package sched alone (Virtual is the simulation's scheduler). Package poller checks
// the settings of a Dialer or ListenConfig, and words the errors.
//
// Read on in net.go: hosts and links; path.go: one direction of a connection.
package simnet

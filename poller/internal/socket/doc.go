// Package socket is the system calls on sockets and other descriptors, their addresses, and the
// creation of sockets: the differences between systems, and no call that waits. On a descriptor
// that is not ready a call fails with EAGAIN, also if another process has put the descriptor
// into blocking mode. It imports none of poller's packages but fault.
//
// Read on in syscall_unix.go: Sys is the table of all calls that move data, in which tests make
// the n-th one fail; syscall_linux.go and syscall_bsd.go fill it. sockaddr_unix.go has addresses
// without allocation, socket_unix.go the choice of a socket's family, as package net makes it.
package socket

// Package socket is the system calls on sockets and other descriptors, the addresses that they
// take, and the making of sockets: what is different from system to system, and nothing that
// waits. A call that finds a descriptor not ready fails with EAGAIN, whatever others have done to
// its flags. It imports none of poller's packages but fault.
//
// Read on in syscall_unix.go, where Sys has all calls that move data, for tests to make
// the n-th one fail; syscall_linux.go and syscall_bsd.go fill it. sockaddr_unix.go has addresses
// without allocation, socket_unix.go the choice of a socket's family, as package net makes it.
package socket

//go:build cgo

package cgo

/*
#include <pthread.h>
#include <stdint.h>

extern void goCallback(uintptr_t);

static void call_back(uintptr_t id) {
	volatile char frame[512]; // a C frame that must still be there afterwards
	for (int i = 0; i < 512; i++) frame[i] = (char)(id + i);
	goCallback(id);
	for (int i = 0; i < 512; i++)
		if (frame[i] != (char)(id + i)) __builtin_trap();
}

static void *thread_main(void *p) {
	call_back((uintptr_t)p);
	call_back((uintptr_t)p);
	return 0;
}

// call_back_on_thread calls back twice on a thread that C made.
static int call_back_on_thread(uintptr_t id) {
	pthread_t t;
	int err = pthread_create(&t, 0, thread_main, (void *)id);
	return err ? err : pthread_join(t, 0);
}

static int add(int a, int b) {
	volatile int frame[1024];
	for (int i = 0; i < 1024; i++) frame[i] = a;
	return frame[a & 1023] + b;
}
*/
import "C"

import (
	"runtime/cgo"
	"syscall"
)

// CallC calls f through a C frame.
func CallC(f func()) {
	h := cgo.NewHandle(f)
	defer h.Delete()
	C.call_back(C.uintptr_t(h))
}

// CallCThread calls f twice, on a thread that C makes, and waits for it.
func CallCThread(f func()) error {
	h := cgo.NewHandle(f)
	defer h.Delete()
	if errno := C.call_back_on_thread(C.uintptr_t(h)); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// Add adds in C.
func Add(a, b int) int { return int(C.add(C.int(a), C.int(b))) }

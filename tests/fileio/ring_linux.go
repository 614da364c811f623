package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller"
)

// A ring is an io_uring whose completions a task of the hub waits for, by an eventfd
// in the hub's selector. It belongs to one hub's goroutine.
//
// It is made without the flags that make rings faster for one thread
// (IORING_SETUP_SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN): a goroutine changes
// threads.
type ring struct {
	fd      int
	event   *poller.File
	batched bool // submit when all ready tasks have run, not at once

	sqHead, sqTail   *uint32
	sqMask           uint32
	sqes             []sqe
	cqHead, cqTail   *uint32
	cqMask           uint32
	cqes             []cqe
	toSubmit         uint32
	free             []uint64 // numbers of ops that are not in use
	ops              []op
	flushing, closed bool
}

// An op is a call in progress.
type op struct {
	done   bool
	result int32
	wake   *poller.Event
}

// The kernel's structures; see io_uring_setup(2) and io_uring_enter(2).
type (
	sqe struct {
		opcode, flags uint8
		ioprio        uint16
		fd            int32
		off           uint64
		addr          uint64
		len           uint32
		opFlags       uint32
		userData      uint64
		_             [3]uint64
	}
	cqe struct {
		userData uint64
		result   int32
		flags    uint32
	}
	ringParams struct {
		sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFd uint32
		_                                                                      [3]uint32
		sq                                                                     struct {
			head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32
			_                                                           uint64
		}
		cq struct {
			head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32
			_                                                           uint64
		}
	}
)

const (
	opFsync = 3
	opRead  = 22
	opWrite = 23

	offSQRing, offSQEs       = 0, 0x10000000
	featSingleMmap           = 1
	registerEventFD          = 4
	ringSize                 = 256
	fsyncWhole         int64 = 0
)

// newRing fails with the reason if the system has no io_uring for us.
func newRing(batched bool) (*ring, error) {
	var p ringParams
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	if p.features&featSingleMmap == 0 {
		return nil, fmt.Errorf("io_uring: features %#x: the kernel is older than 5.4", p.features)
	}
	size := max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	m, err := unix.Mmap(int(fd), offSQRing, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	s, err := unix.Mmap(int(fd), offSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	word := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&m[off])) }
	r := &ring{
		fd: int(fd), batched: batched,
		sqHead: word(p.sq.head), sqTail: word(p.sq.tail), sqMask: *word(p.sq.ringMask),
		sqes:   unsafe.Slice((*sqe)(unsafe.Pointer(&s[0])), p.sqEntries),
		cqHead: word(p.cq.head), cqTail: word(p.cq.tail), cqMask: *word(p.cq.ringMask),
		cqes: unsafe.Slice((*cqe)(unsafe.Pointer(&m[p.cq.cqes])), p.cqEntries),
		ops:  make([]op, ringSize),
	}
	array := unsafe.Slice(word(p.sq.array), p.sqEntries)
	for i := range array {
		array[i] = uint32(i)
	}
	for i := range r.ops {
		r.ops[i].wake = new(poller.Event)
		r.free = append(r.free, uint64(i))
	}
	efd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	e := int32(efd)
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, fd, registerEventFD, uintptr(unsafe.Pointer(&e)), 1, 0, 0); errno != 0 {
		return nil, os.NewSyscallError("io_uring_register", errno)
	}
	f := os.NewFile(uintptr(efd), "eventfd")
	defer f.Close()
	if r.event, err = poller.NewFile(f); err != nil {
		return nil, err
	}
	poller.Go(r.reap)
	return r, nil
}

func (r *ring) close() {
	r.closed = true
	r.event.Close()
	unix.Close(r.fd)
}

// reap is the task that waits for completions.
func (r *ring) reap() {
	var count [8]byte
	for !r.closed {
		if _, err := r.event.Read(count[:]); err != nil {
			return
		}
		r.complete()
	}
}

// complete takes what has completed from the ring, and wakes who waits for it.
func (r *ring) complete() {
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	for ; head != tail; head++ {
		c := &r.cqes[head&r.cqMask]
		o := &r.ops[c.userData]
		o.done, o.result = true, c.result
		o.wake.Set()
	}
	atomic.StoreUint32(r.cqHead, head)
}

// do makes a call and waits for its end. It must be called by a task; as many tasks
// as ringSize may do so at once.
func (r *ring) do(opcode uint8, fd int, p []byte, off int64) (int, error) {
	n := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	o := &r.ops[n]
	o.done = false
	o.wake.Clear()
	tail := *r.sqTail
	e := sqe{opcode: opcode, fd: int32(fd), off: uint64(off), len: uint32(len(p)), userData: n}
	if len(p) > 0 {
		e.addr = uint64(uintptr(unsafe.Pointer(&p[0]))) // p is on the heap, and the task holds it until the end
	}
	r.sqes[tail&r.sqMask] = e
	atomic.StoreUint32(r.sqTail, tail+1)
	r.toSubmit++
	switch {
	case !r.batched:
		r.submit()
	case !r.flushing:
		r.flushing = true
		poller.Go(func() { // which runs when those that are ready now have run
			r.flushing = false
			r.submit()
		})
	}
	for !o.done {
		o.wake.Wait()
	}
	result := o.result
	r.free = append(r.free, n)
	if result < 0 {
		return 0, unix.Errno(-result)
	}
	return int(result), nil
}

// submit tells the kernel of the calls that were put into the ring, and takes what it
// has completed at once.
func (r *ring) submit() {
	for r.toSubmit > 0 {
		n, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.toSubmit), 0, 0, 0, 0)
		switch errno {
		case 0:
			r.toSubmit -= uint32(n)
		case unix.EINTR, unix.EAGAIN, unix.EBUSY:
		default:
			panic(os.NewSyscallError("io_uring_enter", errno))
		}
		r.complete()
	}
}

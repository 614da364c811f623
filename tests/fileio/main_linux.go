// Command fileio compares two ways to read and write files in tasks: helper
// goroutines, as package poller's File does, and an io_uring whose completions the
// hub's selector tells of. docs/files.md has what it said.
//
//	go run ./tests/fileio [-dir DIR] [-d 200ms] [-rounds 3]
//
// It prints calls in a second and microseconds of processor time for each, of the
// whole process with the kernel's threads in it: medians of the rounds.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller"
)

const (
	fileSize = 256 << 20
	page     = 4 << 10
	chunk    = 64 << 10
)

// A calls is what is measured.
type calls struct {
	name   string
	direct bool
	cold   bool // what the system has in memory of the file is dropped first
	size   int
	// By a File, by Await in every case, and by a ring.
	file  func(f *poller.File, p []byte, off int64) error
	await func(fd int, p []byte, off int64) error
	ring  func(r *ring, fd int, p []byte, off int64) error
	seq   bool
}

func wrong(n, want int, err error) error {
	if err == nil && n != want {
		err = fmt.Errorf("%d bytes, want %d", n, want)
	}
	return err
}

var reading = calls{
	file: func(f *poller.File, p []byte, off int64) error {
		n, err := f.ReadAt(p, off)
		return wrong(n, len(p), err)
	},
	await: func(fd int, p []byte, off int64) error {
		n, err := poller.Await(func() (int, error) { return unix.Pread(fd, p, off) })
		return wrong(n, len(p), err)
	},
	ring: func(r *ring, fd int, p []byte, off int64) error {
		n, err := r.do(opRead, fd, p, off)
		return wrong(n, len(p), err)
	},
}

var syncing = calls{
	name: "4 KiB write, then fsync", size: page,
	file: func(f *poller.File, p []byte, off int64) error {
		n, err := f.WriteAt(p, off)
		return errors.Join(wrong(n, len(p), err), f.Sync())
	},
	await: func(fd int, p []byte, off int64) error {
		n, err := poller.Await(func() (int, error) { return unix.Pwrite(fd, p, off) })
		_, serr := poller.Await(func() (int, error) { return 0, unix.Fsync(fd) })
		return errors.Join(wrong(n, len(p), err), serr)
	},
	ring: func(r *ring, fd int, p []byte, off int64) error {
		n, err := r.do(opWrite, fd, p, off)
		_, serr := r.do(opFsync, fd, nil, fsyncWhole)
		return errors.Join(wrong(n, len(p), err), serr)
	},
}

func reads(name string, size int, direct, seq bool) calls {
	c := reading
	c.name, c.size, c.direct, c.seq = name, size, direct, seq
	return c
}

func cold(c calls) calls { c.cold = true; return c }

var all = []calls{
	reads("4 KiB random read, in memory", page, false, false),
	reads("64 KiB sequential read, in memory", chunk, false, true),
	cold(reads("4 KiB random read, not in memory", page, false, false)),
	reads("4 KiB random read, O_DIRECT", page, true, false),
	syncing,
}

var ways = []string{"File", "Await", "ring", "ring, batched"}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fileio:", err)
		os.Exit(1)
	}
}

func main() {
	dir := flag.String("dir", "", "`folder` for the file, by default the one for temporary files")
	d := flag.Duration("d", 200*time.Millisecond, "`time` of each measurement")
	rounds := flag.Int("rounds", 3, "`number` of turns")
	flag.Parse()
	work, err := os.MkdirTemp(*dir, "fileio")
	check(err)
	defer os.RemoveAll(work)
	path := filepath.Join(work, "f")
	check(os.WriteFile(path, make([]byte, fileSize), 0o600))

	var u unix.Utsname
	check(unix.Uname(&u))
	var fs unix.Statfs_t
	check(unix.Statfs(work, &fs))
	fmt.Printf("%s, Linux %s, file system %#x, GOMAXPROCS=%d: calls/s, us of CPU each\n\n", runtime.Version(), unix.ByteSliceToString(u.Release[:]), fs.Type, runtime.GOMAXPROCS(0))
	fmt.Printf("%-34s %5s", "", "tasks")
	for _, w := range ways {
		fmt.Printf(" %20s", w)
	}
	fmt.Println()
	for _, c := range all {
		for _, tasks := range []int{1, 8, 64} {
			speed, cpu := make(map[string][]float64), make(map[string][]float64)
			var failed error
			for range *rounds {
				for _, w := range ways {
					check(poller.Run(func() {
						s, u, err := measure(c, w, path, tasks, *d)
						speed[w], cpu[w] = append(speed[w], s), append(cpu[w], u)
						failed = errors.Join(failed, err)
					}))
				}
			}
			fmt.Printf("%-34s %5d", c.name, tasks)
			if failed != nil {
				fmt.Println(" ", failed)
				continue
			}
			for _, w := range ways {
				fmt.Printf(" %11.0f %8.2f", median(speed[w]), median(cpu[w]))
			}
			fmt.Println()
		}
	}
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }

// measure has tasks make calls for d.
func measure(c calls, way, path string, tasks int, d time.Duration) (perSecond, cpu float64, err error) {
	flags := os.O_RDWR
	if c.direct {
		flags |= unix.O_DIRECT
	}
	file, err := poller.OpenFile(path, flags, 0)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	defer unix.Close(fd)
	if c.cold {
		if err := errors.Join(unix.Fsync(fd), unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED), unix.Fadvise(fd, 0, 0, unix.FADV_RANDOM)); err != nil {
			return 0, 0, err
		}
		raw, err := file.SyscallConn()
		if err != nil {
			return 0, 0, err
		}
		if err := raw.Control(func(fd uintptr) { unix.Fadvise(int(fd), 0, 0, unix.FADV_RANDOM) }); err != nil {
			return 0, 0, err
		}
	}
	var r *ring
	if way == "ring" || way == "ring, batched" {
		if r, err = newRing(way != "ring"); err != nil {
			return 0, 0, err
		}
		defer r.close()
	}
	call := func(p []byte, off int64) error {
		switch way {
		case "File":
			return c.file(file, p, off)
		case "Await":
			return c.await(fd, p, off)
		default:
			return c.ring(r, fd, p, off)
		}
	}
	n := 0
	before, start := cpuTime(), time.Now()
	end := start.Add(d)
	var group poller.Group
	for t := range tasks {
		group.Go(func() error {
			p := aligned(c.size)
			random := rand.New(rand.NewPCG(uint64(t), 1))
			slots := int64(fileSize / c.size)
			at := int64(t) * slots / int64(tasks)
			for time.Now().Before(end) {
				if at = (at + 1) % slots; !c.seq {
					at = random.Int64N(slots)
				}
				if err := call(p, at*int64(c.size)); err != nil {
					return err
				}
				n++
			}
			return nil
		})
	}
	err = group.Join()
	took, used := time.Since(start), cpuTime()-before
	return float64(n) / took.Seconds(), float64(used.Nanoseconds()) / 1e3 / float64(n), err
}

// aligned returns a buffer as O_DIRECT wants it.
func aligned(size int) []byte {
	b := make([]byte, size+page)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (page - 1)
	return b[skip : skip+size]
}

func cpuTime() time.Duration {
	var u unix.Rusage
	check(unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

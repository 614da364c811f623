package overlay

import _ "embed"

var (
	//go:embed files/runtime.go.txt
	runtimeText string
	//go:embed files/amd64.s.txt
	amd64Text string
	//go:embed files/arm64.s.txt
	arm64Text string
	//go:embed files/preempt.go.txt
	preemptText string
	//go:embed files/adopt.go.txt
	adoptText string
	//go:embed files/sim.go.txt
	simText string
	//go:embed files/poller.go.txt
	pollerText string
	//go:embed files/quit.go.txt
	quitText string
	//go:embed files/race.go.txt
	raceText string
	//go:embed files/norace.go.txt
	noraceText string
	//go:embed files/iter.go.txt
	iterText string
	//go:embed files/os.go.txt
	osText string
	//go:embed files/testing.go.txt
	testingText string
	//go:embed files/poll.go.txt
	pollText string
)

// asksOutside begins a function that asks a goroutine of the runtime's, and waits for the answer: no task of a simulation
// may, as what wakes it must be in the simulation.
const asksOutside = "if stackfulSimulates() { stackfulNoPark(1); defer stackfulNoPark(-1) }"

// plan returns the changes to the standard library of a release.
//
// A form that is not known any more: read what has changed, and whether the text
// that is added still does right beside it; then add the sum, which the error
// names, behind the old one.
func plan(release string) []pkg {
	return []pkg{runtimePkg(release), adoptPkg, quitPkg, pollerPkg, preemptPkg(release), simPkg, amd64Pkg, arm64Pkg, racePkg, noracePkg,
		pollPkg, iterPkg, timePkg, syncPkg, sysrandPkg, netPkg, netSimPkg, netRawPkg, netNamesPkg, osPkg, testingPkg}
}

// onHub is the condition that most edits begin with: it costs other goroutines a load and a
// branch.
const onHub = "if gp := getg(); gp.stackful.hub != nil"

// simPoint and point are where a task of a simulation may give way: see the head of files/sim.go.txt.
const simPoint = "if stackfulSimulations != 0 { stackfulPoint() }"

const point = onHub + " && gp.stackful.hub.sim != nil { stackfulPointAt(sys.GetCallerPC()) }"

// parkingOnChan spares waits of tasks an atomic store.
var parkingOnChan = [2]string{"gp.parkingOnChan.Store(true)", "stackfulParkingOnChan(gp)"}

// netpollGopark is how netpollblock waits.
const netpollGopark = "gopark(netpollblockcommit, unsafe.Pointer(gpp), waitReasonIOWait, traceBlockNet, 5)"

// runtimePkg has waits park tasks: see the head of files/runtime.go.txt. All that the text
// relies on has to be of a known form.
func runtimePkg(release string) pkg {
	p := pkg{
		dir:    "runtime",
		text:   runtimeText,
		guards: runtimeGuards,
		files: []file{
			{"runtime2.go", []edit{
				{decl: "type g", form: "73640e7376 a176549d3d", last: "stackful stackfulG"},
				{decl: "type _panic", form: "5a2b640a54 5412702259 c60ef4c63e"},
				{decl: "type sudog", form: "6b6f39b365 7c54cb4855"},
			}},
			{"proc.go", []edit{
				{decl: "gopark", form: "c6adc4f1d9", first: onHub + " && stackfulPark(unlockf, lock, reason) { return }"},
				{decl: "ready", form: "b632a1e1c3", first: "if gp.stackful.waits != 0 { stackfulReady(gp); return }"},
				{decl: "gopreempt_m", form: "47e19abdc0", first: "if gp.stackful.hub != nil { stackfulPreempt(gp) }"},
				{decl: "preemptone", form: "2a1e2db783 0a928b2537"},
				{decl: "park_m", form: "50d77bafc0"},
				{decl: "goready", form: "7662e61961", first: "if gp.stackful.waits != 0 && stackfulReadyHere(gp) { return }"},
				{decl: "goparkunlock", form: "5419ce6574"},
				{decl: "newproc", form: "func(fn *funcval)", first: onHub + " && stackfulAdopt(gp, fn, sys.GetCallerPC()) { return }"},
				{decl: "Gosched", form: "func()", first: onHub + " { stackfulGosched(gp, sys.GetCallerPC()) }"},
				{decl: "main", form: "func()", calls: [2]string{"fn", "stackfulMain(fn)"}},
				{decl: "sysmon", form: "func()", calls: [2]string{"usleep", "stackfulUsleep"}},
				{decl: "checkdead", form: "69f16bd81d", calls: [2]string{"mcount", "stackfulMcount"}},
				{decl: "checkdead", form: "69f16bd81d", calls: [2]string{"fatal", "stackfulFatal"}},
				{decl: "mcount", form: "func() int32"},
				{decl: "newm", form: "func(fn func(), pp *p, id int64)"},
				{decl: "injectglist", form: "func(glist *gList)"},
				{decl: "incidlelocked", form: "func(v int32)"},
				{decl: "internal_sync_runtime_canSpin", form: "func(i int) bool", first: "if stackfulSimulates() { return false }"},
				{decl: "wakeNetPoller", form: "func(when int64)", first: "if stackfulSimulates() { return }",
					calls: [2]string{"netpollBreak", "stackfulNetpollBreak"}},
				{decl: "findRunnable", form: "8f8b0c3963 950c2169ad", swap: [2]string{"netpoll(delay)", "stackfulNetpoll(delay)"},
					calls: [2]string{"netpollBreak", "stackfulNetpollBreak"}},
				{decl: "findRunnable", form: "8f8b0c3963 950c2169ad", swap: [2]string{"sched.lastpoll.Store(now)", "stackfulPolled(now)"}},
				{decl: "runqempty", form: "func(pp *p) bool"},
			}},
			{"panic.go", []edit{
				{decl: "fatal", form: "6b388fe894 6c7d8cd2e2"},
				{decl: "fatalthrow", form: "func(t throwType)"},
				{decl: "fatalpanic", form: "d98b3f2d83"},
				{decl: "preprintpanics", form: "bc2e3df6cd"},
			}},
			{"netpoll.go", []edit{
				{decl: "netpollready", form: "460f2c62d2", calls: [2]string{"netpollunblock", "stackfulNetpollunblock"}},
				{decl: "poll_runtime_pollReset", form: "ecd973dd3b", first: "if mode == 'r' { " + onHub + " { stackfulCharge(gp) } }"},
				{decl: "netpollblock", form: "eefca443c6", swap: [2]string{netpollGopark, "counted := stackfulBeginPoll(); " + netpollGopark + "; stackfulEndPoll(counted)"}},
				{decl: "netpollblockcommit", form: "09d1ee768a"},
				{decl: "netpollunblock", form: "f2a5a59e9f"},
			}},
			{"netpoll_epoll.go", []edit{
				{decl: "netpoll", form: "func(delay int64) (gList, int32)"},
			}},
			{"signal_unix.go", []edit{
				{decl: "sighandler", form: "07bbc7b884", calls: [2]string{"sigsend", "stackfulSigsend"}},
				{decl: "sigenable", form: "func(sig uint32)", first: asksOutside},
				{decl: "sigdisable", form: "func(sig uint32)", first: asksOutside},
			}},
			{"chan.go", []edit{
				{decl: "chansend", form: "d9aa16aa1e cdf868da28", swap: parkingOnChan},
				{decl: "chanrecv", form: "7ecb95e503 ff0da88e56", swap: parkingOnChan},
				{decl: "closechan", form: "b9823091e6 0ac57828cd", first: point},
				{decl: "send", form: "5c49955729 2af7ace7d5"},
				{decl: "recv", form: "11a92ffba4 a70f026041"},
				{decl: "chanparkcommit", form: "df1793dfa0",
					first: "if gp.stackful.waits != 0 && !gp.parkingOnChan.Load() { return stackfulChanparkcommit(gp, chanLock) }"},
				{decl: "(*waitq).dequeue", form: "0a1f0752d5"},
				{decl: "chansend1", form: "func(c *hchan, elem unsafe.Pointer)", first: point},
				{decl: "chanrecv1", form: "func(c *hchan, elem unsafe.Pointer)", first: point},
				{decl: "chanrecv2", form: "func(c *hchan, elem unsafe.Pointer) (received bool)", first: point},
				{decl: "selectnbsend", form: "func(c *hchan, elem unsafe.Pointer) (selected bool)", first: point},
				{decl: "selectnbrecv", form: "func(elem unsafe.Pointer, c *hchan) (selected, received bool)", first: point},
			}},
			{"select.go", []edit{
				{decl: "selectgo", form: "948acf3109 719db0e755", first: point,
					calls: [2]string{"cheaprandn", "stackfulCheaprandn"}, swap: parkingOnChan},
				{decl: "selparkcommit", form: "08359bc483 b9c0ee5621"},
				{decl: "(*waitq).dequeueSudoG", form: "947e66879f"},
				{decl: "block", form: "dfee2c0500"},
			}},
			{"sema.go", []edit{
				{decl: "semacquire", form: "func(addr *uint32)", calls: [2]string{"semacquire1", "stackfulSemacquire1"}},
				{decl: "semacquire1", form: "1b63e834a6"},
				{decl: "semrelease1", form: "f1d9ac68b2"},
				{decl: "readyWithTime", form: "5d266f02fb"},
				{decl: "(*semaRoot).queue", form: "2a15ec8066 1992821343"},
				{decl: "(*semaRoot).dequeue", form: "684c700ce8 a877dcd6c9"},
				{decl: "notifyListWait", form: "70959f2965 1028127e3b"},
				{decl: "internal_sync_nanotime", form: "func() int64", first: "if s := stackfulSimulation(); s != nil { return s.hub.now }"},
			}},
			{"time.go", []edit{
				{decl: "timeSleep", form: "func(ns int64)", doc: "//go:linkname timeSleep time.Sleep",
					first: onHub + " && stackfulSleep(gp, ns) { return }"},
				{decl: "time_runtimeNow", form: "func() (sec int64, nsec int32, mono int64)",
					first: "if s := stackfulSimulation(); s != nil { now := s.look(); return now / 1e9, int32(now % 1e9), 0 }"},
				{decl: "time_runtimeNano", form: "func() int64", first: "if s := stackfulSimulation(); s != nil { return s.look() }"},
				{decl: "time_runtimeIsBubbled", form: "func() bool", first: "if stackfulSimulates() { return true }"},
				{decl: "type timer", form: "cac3be4f9e", last: "stackful *stackfulSim"},
				{decl: "newTimer", form: "caea52427e", swap: [2]string{"t.timer.init(nil, nil)", "t.timer.stackfulInit()"}},
				{decl: "(*timer).maybeRunChan", form: "933fb4284b", calls: [2]string{"nanotime", "t.stackfulNow"}},
				{decl: "(*timer).maybeAdd", form: "7532b8bb33", swap: [2]string{"&mp.p.ptr().timers", "stackfulTimers(t, mp)"}},
				{decl: "(*timer).modify", form: "47bd3605d3 2dc15e02a0 f9ca26b091"},
				{decl: "(*timer).unlockAndRun", form: "28bb690728 999d90ba06"},
				{decl: "(*timers).check", form: "0c265a3218"},
				{decl: "(*timers).wakeTime", form: "f29f65f3ad"},
			}},
			{"rand.go", []edit{
				{decl: "randinit", form: "32c43a0f8c", first: "stackfulSeedStartup()"},
				{decl: "rand", form: "func() uint64", first: "if s := stackfulDraws(getg()); s != nil { return s.draw() }"},
			}},
			{"mprof.go", []edit{ // the other goroutines are the machinery's, or outside
				{decl: "Stack", form: "func(buf []byte, all bool) int", first: "if stackfulSimulates() { all = false }"},
			}},
			{"debug.go", []edit{
				{decl: "GOMAXPROCS", form: "func(n int) int", first: "if stackfulSimulates() { return stackfulProcessors }"},
				{decl: "NumGoroutine", form: "func() int", first: "if stackfulSimulates() { return stackfulHook.tasks() }"},
				{decl: "NumCPU", form: "func() int", first: "if stackfulSimulates() { return stackfulProcessors }"},
			}},
			{"mgc.go", []edit{
				{decl: "gcBgMarkStartWorkers", form: "func()", rename: "runtimeGcBgMarkStartWorkers"},
			}},
			{"preempt.go", []edit{
				{decl: "asyncPreempt2", form: "d75b89fa85 c1768a3971"},
			}},
			{"mgcmark.go", []edit{
				{decl: "scanstack", form: "6a8abcf0d6 faf200f62e 8ccfee0de8"},
				{decl: "markroot", form: "1281b8984f b85e9110d2"},
			}},
			{"stack.go", []edit{
				{decl: "copystack", form: "ef9d14b68d 761ca872fa"},
				{decl: "isShrinkStackSafe", form: "6da08c39d2 ee9b028c2f"},
			}},
		},
	}
	if release == "go1.25" || release == "go1.26" { // which have asynctimerchan
		more := edit{decl: "(*timer).maybeRunAsync", form: "f4250f520e", calls: [2]string{"nanotime", "t.stackfulNow"}}
		for i := range p.files {
			if f := &p.files[i]; f.name == "time.go" {
				f.edits = append(f.edits, more)
			}
		}
	}
	if release == "go1.25" {
		// A wait for a semaphore or a Cond is not in g.waiting.
		p.edit("(*semaRoot).queue").first = onHub + " { gp.stackful.sema = s }"
		p.edit("notifyListWait").calls = [2]string{"acquireSudog", "stackfulAcquireSudog"}
		p.text += go125Text
		p.words = map[string]string{"unsafe.Pointer(&x.waiting)": "unsafe.Pointer(&x.stackful.sema)", ".c.get()": ".c", ".c.set(nil)": ".c = nil", ".elem.set(nil)": ".elem = nil"}
	}
	return p
}

const go125Text = `
// stackfulAcquireSudog is acquireSudog for notifyListWait.
func stackfulAcquireSudog() *sudog {
	s := acquireSudog()
	` + onHub + ` {
		gp.stackful.sema = s
	}
	return s
}
`

// preemptPkg has tasks preempted: see the head of files/preempt.go.txt.
func preemptPkg(release string) pkg {
	p := pkg{dir: "runtime", name: "zstackful_preempt.go", text: preemptText}
	if release == "go1.25" { // which saves vector registers on the stack
		p.words = map[string]string{"	to.xRegs, from.xRegs = from.xRegs, to.xRegs\n": ""}
	}
	return p
}

// edit returns the edit of a declaration.
func (p *pkg) edit(decl string) *edit {
	for _, f := range p.files {
		for i := range f.edits {
			if f.edits[i].decl == decl {
				return &f.edits[i]
			}
		}
	}
	return nil
}

// More files of package runtime.
var (
	amd64Pkg  = pkg{dir: "runtime", name: "zstackful_amd64.s", text: amd64Text}
	arm64Pkg  = pkg{dir: "runtime", name: "zstackful_arm64.s", text: arm64Text}
	adoptPkg  = pkg{dir: "runtime", name: "zstackful_adopt.go", text: adoptText}
	pollerPkg = pkg{dir: "runtime", name: "zstackful_poller.go", text: pollerText}
	quitPkg   = pkg{dir: "runtime", name: "zstackful_quit.go", text: quitText}
	simPkg    = pkg{dir: "runtime", name: "zstackful_sim.go", text: simText}
	racePkg   = pkg{dir: "runtime", name: "zstackful_race.go", text: raceText}
	noracePkg = pkg{dir: "runtime", name: "zstackful_norace.go", text: noraceText}
)

// The system calls of tasks' connections: see the head of files/poll.go.txt.
var pollPkg = pkg{
	dir:  "internal/poll",
	text: pollText,
	files: []file{{"fd_unix.go", []edit{
		{decl: "type FD", form: "130ec7f83d"},
		{decl: "(*FD).Read", form: "d50d8a736d", swap: [2]string{"ignoringEINTRIO(syscall.Read, fd.Sysfd, p)", "fd.stackfulRead(p)"}},
		{decl: "(*FD).Write", form: "21c8053535 f25df02fc9", swap: [2]string{"ignoringEINTRIO(syscall.Write, fd.Sysfd, p[nn:max])", "fd.stackfulWrite(p[nn:max])"}},
		{decl: "ignoringEINTRIO", form: "14f485bbb3"},
	}}},
}

// A Pull in a task is a generator: see the head of files/iter.go.txt, which does what these functions do.
var iterPkg = pkg{
	dir:  "iter",
	text: iterText,
	files: []file{{"iter.go", []edit{
		{decl: "Pull", form: "85563f5207", first: "if stackfulIsTask() { return stackfulPull(seq) }"},
		{decl: "Pull2", form: "d71091d9fb", first: "if stackfulIsTask() { return stackfulPull2(seq) }"},
	}}},
}

// The other packages of which a simulation decides something.
var (
	timePkg = pkg{
		dir:  "time",
		text: timeText,
		files: []file{{"sleep.go", []edit{
			{decl: "goFunc", form: "cfd0eae572", first: "if stackfulGoFunc(arg.(func())) { return }"},
		}}},
	}
	// What a pool has kept depends on the collector.
	syncPkg = pkg{
		dir:  "sync",
		text: syncText,
		files: []file{{"mutex.go", []edit{
			{decl: "(*Mutex).Lock", form: "func()", first: simPoint},
		}}, {"rwmutex.go", []edit{
			{decl: "(*RWMutex).Lock", form: "func()", first: simPoint},
			{decl: "(*RWMutex).RLock", form: "func()", first: simPoint},
		}}, {"waitgroup.go", []edit{
			{decl: "(*WaitGroup).Add", form: "func(delta int)", first: simPoint},
		}}, {"cond.go", []edit{
			{decl: "(*Cond).Signal", form: "func()", first: simPoint},
			{decl: "(*Cond).Broadcast", form: "func()", first: simPoint},
		}}, {"pool.go", []edit{
			{decl: "(*Pool).Put", form: "func(x any)", first: "if stackfulSimulations != 0 && stackfulSimulates() { return }"},
			{decl: "(*Pool).Get", form: "func() any",
				first: "if stackfulSimulations != 0 && stackfulSimulates() { if p.New == nil { return nil }; return p.New() }"},
		}}},
	}
	sysrandPkg = pkg{
		dir:  "crypto/internal/sysrand",
		text: sysrandText,
		files: []file{{"rand.go", []edit{
			{decl: "Read", form: "func(b []byte)", first: "if stackfulRandom(b) { return }"},
		}}},
	}
)

const (
	timeText = `package time

import _ "unsafe" // for linkname

//go:linkname stackfulGoFunc
func stackfulGoFunc(f func()) bool
`
	syncText = `package sync

import _ "unsafe" // for linkname

//go:linkname stackfulSimulations runtime.stackfulSimulations
var stackfulSimulations uint32

//go:linkname stackfulSimulates runtime.stackfulSimulates
func stackfulSimulates() bool

//go:linkname stackfulPoint runtime.stackfulPoint
func stackfulPoint()
`
	sysrandText = `package sysrand

import _ "unsafe" // for linkname

//go:linkname stackfulRandom
func stackfulRandom(b []byte) bool
`
)

// Waiting for a process is made on another goroutine. A simulation refuses processes and pipes.
var osPkg = pkg{
	dir:  "os",
	text: osText,
	files: []file{
		{"exec.go", []edit{
			{decl: "(*Process).Wait", form: "func() (*ProcessState, error)", rename: "runtimeWait"},
			{decl: "StartProcess", form: "func(name string, argv []string, attr *ProcAttr) (*Process, error)",
				first: "if err := stackfulRefuse(\"os.StartProcess\"); err != nil { return nil, &PathError{Op: \"fork/exec\", Path: name, Err: err} }"},
		}},
		{"pipe2_unix.go", []edit{
			{decl: "Pipe", form: "func() (r *File, w *File, err error)",
				first: "if err := stackfulRefuse(\"os.Pipe\"); err != nil { return nil, nil, NewSyscallError(\"pipe2\", err) }"},
		}},
	},
}

// A top-level test may run in a simulation, see the head of files/testing.go.txt.
var testingPkg = pkg{
	dir:  "testing",
	text: testingText,
	files: []file{{"testing.go", []edit{
		{decl: "tRunner", form: "0d07faa323 5af1474a1a", first: "if stackfulRun(t, fn) { return }", send: [2]string{"t.signal", "stackfulEnded(t)"}},
		{decl: "(*T).Parallel", form: "func()", first: "if stackfulParallel(t) { return }"},
		{decl: "(*T).report", form: "1b64f70b8a"},
		{decl: "(*common).Output", form: "func() io.Writer"},
		{decl: "(*common).flushPartial", form: "func()"},
	}}},
}

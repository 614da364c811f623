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
	//go:embed files/race.go.txt
	raceText string
	//go:embed files/norace.go.txt
	noraceText string
	//go:embed files/net.go.txt
	netText string
	//go:embed files/os.go.txt
	osText string
)

// plan returns the changes to the standard library of a release.
//
// A form that is not known any more: read what has changed, and whether the text
// that is added still does right beside it; then add the sum, which the error
// names, behind the old one.
func plan(release string) []pkg {
	return []pkg{runtimePkg(release), adoptPkg, preemptPkg(release), amd64Pkg, arm64Pkg, racePkg, noracePkg, netPkg, osPkg}
}

// onHub is the condition that most edits begin with: it costs other goroutines a load and a
// branch.
const onHub = "if gp := getg(); gp.stackful.hub != nil"

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
				{decl: "goready", form: "7662e61961"},
				{decl: "goparkunlock", form: "5419ce6574"},
				{decl: "newproc", form: "func(fn *funcval)", first: onHub + " && stackfulAdopt(gp, fn, sys.GetCallerPC()) { return }"},
				{decl: "Gosched", form: "func()", first: onHub + " { stackfulGosched(gp, sys.GetCallerPC()) }"},
				{decl: "main", form: "func()", calls: [2]string{"fn", "stackfulMain(fn)"}},
				{decl: "checkdead", form: "69f16bd81d", calls: [2]string{"mcount", "stackfulMcount"}},
				{decl: "checkdead", form: "69f16bd81d", calls: [2]string{"fatal", "stackfulFatal"}},
				{decl: "mcount", form: "func() int32"},
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
				{decl: "netpollblock", form: "eefca443c6"},
				{decl: "netpollblockcommit", form: "09d1ee768a"},
				{decl: "netpollunblock", form: "f2a5a59e9f"},
			}},
			{"chan.go", []edit{
				{decl: "chansend", form: "d9aa16aa1e cdf868da28"},
				{decl: "chanrecv", form: "7ecb95e503 ff0da88e56"},
				{decl: "closechan", form: "b9823091e6 0ac57828cd"},
				{decl: "send", form: "5c49955729 2af7ace7d5"},
				{decl: "recv", form: "11a92ffba4 a70f026041"},
				{decl: "chanparkcommit", form: "df1793dfa0",
					first: "if gp.stackful.waits != 0 && !gp.parkingOnChan.Load() { return stackfulChanparkcommit(gp, chanLock) }"},
				{decl: "(*waitq).dequeue", form: "0a1f0752d5"},
			}},
			{"select.go", []edit{
				{decl: "selectgo", form: "948acf3109 719db0e755"},
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
			}},
			{"time.go", []edit{
				{decl: "timeSleep", form: "func(ns int64)", doc: "//go:linkname timeSleep time.Sleep",
					first: onHub + " && stackfulSleep(gp, ns) { return }"},
			}},
			{"coro.go", []edit{
				{decl: "type coro", form: "d748f0c161", last: "stackful unsafe.Pointer"},
				{decl: "newcoro", form: "func(f func(*coro)) *coro", first: onHub + " { if c := stackfulNewcoro(gp, f); c != nil { return c } }"},
				{decl: "coroswitch", form: "func(c *coro)", first: "if c.stackful != nil { stackfulHook.pull(c.stackful); return }"},
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
	if release == "go1.25" {
		// A wait for a semaphore or a Cond is not in g.waiting.
		p.edit("(*semaRoot).queue").first = onHub + " { gp.stackful.sema = s }"
		p.edit("notifyListWait").calls = [2]string{"acquireSudog", "stackfulAcquireSudog"}
		p.text += go125Text
		p.words = map[string]string{".c.get()": ".c", ".c.set(nil)": ".c = nil", ".elem.set(nil)": ".elem = nil"}
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
	racePkg   = pkg{dir: "runtime", name: "zstackful_race.go", text: raceText}
	noracePkg = pkg{dir: "runtime", name: "zstackful_norace.go", text: noraceText}
)

// Waiting for a process is made on another goroutine.
var osPkg = pkg{
	dir:  "os",
	text: osText,
	files: []file{{"exec.go", []edit{
		{decl: "(*Process).Wait", form: "func() (*ProcessState, error)", rename: "runtimeWait"},
	}}},
}

// An interrupted connect closes its socket.
var netPkg = pkg{
	dir:  "net",
	text: netText,
	files: []file{{"fd_unix.go", []edit{
		{decl: "(*netFD).connect", form: "func(ctx context.Context, la, ra syscall.Sockaddr) (rsa syscall.Sockaddr, ret error)", rename: "runtimeConnect"},
	}}},
}

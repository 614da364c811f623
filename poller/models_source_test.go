package poller

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// modelledSource is the code that the models stand for: each line with the step of the
// model that makes it (atMu is mu here, and so on). A change of the code needs a change
// here, and of the model with it.
var modelledSource = []struct{ file, function, text string }{
	{"biased/lock.go", "TryOwn", `
ownBias, ownInside | if l.bias.Load() != id || l.held.Load() == 1 {
                   |	return false
                   | }
enter              | enter(&l.held)
ownShared          | return l.shared.Load() == 0`},

	{"biased/lock.go", "Lock", `
     | if !l.TryOwn(id) {
slow |	l.LockSlow(id)
     | }`},

	{"biased/lock.go", "LockSlow", `
slow           | if l.bias.Load() == id && l.held.Load() == 1 {
tooLate        |	if l.shared.Load() == 0 {
tooLate        |		fault.Usage("a function that was called inside, such as the order of a PriorityQueue, has waited or come back")
               |	}
tooLate        |	StoreRelease(&l.held, 0)
               | }
mu             | l.mu.Lock()
checkShared    | if l.shared.Load() == 1 {
               |	return
               | }
bias           | bias := l.bias.Load()
bias           | if bias != 0 && bias&reserving == 0 {
takeShared     |	l.shared.Store(1)
barrier        |	membarrier()
await          |	l.waitUnheld()
               |	return
               | }
state          | state := Mode.Load()
setBias        | switch {
setBias        | case id == NoOwner || bias != 0 && bias != id|reserving || state == ModeOff:
setBias        |	l.bias.Store(noBias)
noBiasShared   |	l.shared.Store(1)
setBias        | case state == ModeOn:
setBias        |	l.bias.Store(id)
               | default:
setBias        |	l.bias.Store(id | reserving)
               | }`},

	{"biased/lock.go", "waitUnheld", `
      | runtimepatch.Block()
      | defer runtimepatch.Unblock()
await | for i := 0; l.held.Load() == 1; i++ {
      |	if i < 16 {
      |		runtime.Gosched()
      |	} else {
      |		time.Sleep(20 * time.Microsecond)
      |	}
      | }`},

	{"biased/lock.go", "Unlock", `
leave | if !l.unlockFast(id) {
leave |	l.mu.Unlock()
      | }`},

	{"biased/lock.go", "UnlockOwned", `
leave | StoreRelease(&l.held, 0)`},

	{"biased/lock.go", "unlockFast", `
leave | if l.bias.Load() != id || l.held.Load() == 0 {
      |	return false
      | }
leave | StoreRelease(&l.held, 0)
      | return true`},

	{"sched/waiter.go", "ClaimLocal", `
       | w := n.W
inside | if n != &w.Node || w.State.Load() != WaiterWaiting {
       |	return false
       | }
inside | biased.StoreRelease(&w.State, WaiterClaimed)
       | return true`},

	{"sched/ready.go", "Resume", `
       | k := w.Fiber
       | switch {
       | case k == nil:
resume |	w.turn <- struct{}{}
       | case k.hub == here:
resume |	here.MakeReady(k.Task)
       | default:
resume |	k.hub.PostMail(&k.mail)
       | }`},

	{"sched/wake.go", "PostMail", `
P1 | if !h.Wake.Mail.Put(m) {
   |	return false
   | }
P2 | if h.Wake.Waiting.Load() && h.Wake.Waiting.CompareAndSwap(true, false) {
P3 |	h.wake()
   | } else {
   |	h.preemptForMail()
   | }
   | return true`},

	{"sched/join.go", "RemoteJoin", `
       | x := t.More()
       | r := x.Remote.Load()
       | if r == nil {
put    |	x.Remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
       |	r = x.Remote.Load()
looks  |	biased.FenceHeavy()
       | }
look   | if t.HasEnded.Load() {
look   |	r.close(Here())
       | }
       | return r`},

	{"biased/fence_membarrier_linux.go", "StoreLight", `
ends   | if Mode.Load() == ModeOn {
store  |	storeReleaseTrue(p)
       | } else {
store  |	StoreSeqCst(p, true)
       | }`},

	{"biased/fence_membarrier_linux.go", "FenceHeavy", `
looks   | if Mode.Load() == ModeOn {
barrier |	membarrier()
        | }`},
}

func TestModels_matchTheCode(t *testing.T) {
	spaces := regexp.MustCompile(`\s+`)
	plain := func(s string) string { return spaces.ReplaceAllString(strings.TrimSpace(s), " ") }
	for _, f := range modelledSource {
		var want []string
		for line := range strings.Lines(strings.TrimPrefix(f.text, "\n")) {
			_, code, _ := strings.Cut(line, "|")
			want = append(want, code)
		}
		got := bodyOf(t, f.file, f.function)
		if got, want := plain(got), plain(strings.Join(want, "\n")); got != want {
			t.Errorf("%s, %s: the code is\n%s\nthe model stands for\n%s", f.file, f.function, got, want)
		}
	}
}

// bodyOf returns the statements of a function of the package, without comments.
func bodyOf(t *testing.T, file, function string) string {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, filepath.Join("internal", file), nil, 0)
	needNil(t, err)
	for _, d := range parsed.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == function {
			var b bytes.Buffer
			for _, s := range d.Body.List {
				needNil(t, printer.Fprint(&b, set, s))
				b.WriteByte('\n')
			}
			return b.String()
		}
	}
	t.Fatalf("%s has no function %s", file, function)
	return ""
}

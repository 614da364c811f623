package poller

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// modelledSource is the code that the models stand for: each line with the step of the
// model that makes it (atMu is mu here, and so on). Who changes the code must change this too, and the model with it.
var modelledSource = []struct{ file, function, text string }{
	{"hublock.go", "own", `
ownHome, ownInside | if here == nil || l.home.Load() != here.id || l.inside.Load() == 1 {
                   |	return false
                   | }
enter              | enter(&l.inside)
ownShared          | return l.shared.Load() == 0`},

	{"hublock.go", "lock", `
     | if !l.own(here) {
slow |	l.lockSlow(here)
     | }`},

	{"hublock.go", "lockSlow", `
slow           | if here != nil && l.home.Load() == here.id && l.inside.Load() == 1 {
tooLate        |	if l.shared.Load() == 0 {
tooLate        |		fault.Usage("a function that was called inside, such as the order of a PriorityQueue, has waited or come back")
               |	}
tooLate        |	publish(&l.inside, 0)
               | }
mu             | l.mu.Lock()
checkShared    | if l.shared.Load() == 1 {
               |	return
               | }
home           | home := l.home.Load()
home           | if home != 0 && home&reserved == 0 {
takeShared     |	l.shared.Store(1)
barrier        |	barrierEverywhere()
await          |	l.awaitOutside()
               |	return
               | }
state          | state := ownLocks.Load()
setHome        | switch {
setHome        | case here == nil || home != 0 && home != here.id|reserved || state == ownLocksNever:
setHome        |	l.home.Store(homeless)
homelessShared |	l.shared.Store(1)
setHome        | case state == ownLocksNow:
setHome        |	l.home.Store(here.id)
               | default:
setHome        |	l.home.Store(here.id | reserved)
               | }`},

	{"hublock.go", "awaitOutside", `
await | for i := 0; l.inside.Load() == 1; i++ {
      |	if i < 16 {
      |		runtime.Gosched()
      |	} else {
      |		time.Sleep(20 * time.Microsecond)
      |	}
      | }`},

	{"hublock.go", "unlock", `
leave | if !l.disown(here) {
leave |	l.mu.Unlock()
      | }`},

	{"hublock.go", "leave", `
leave | publish(&l.inside, 0)`},

	{"hublock.go", "disown", `
leave | if here == nil || l.home.Load() != here.id || l.inside.Load() == 0 {
      |	return false
      | }
leave | publish(&l.inside, 0)
      | return true`},

	{"waiter.go", "claimHome", `
       | w := n.w
inside | if n != &w.node || w.state.Load() != waiterWaiting {
       |	return false
       | }
inside | publish(&w.state, waiterClaimed)
       | return true`},

	{"waiter.go", "resume", `
       | k := w.worker
       | switch {
       | case k == nil:
resume |	w.turn <- struct{}{}
       | case k.hub == here:
resume |	here.makeReady(k.task)
       | default:
resume |	k.hub.post(&k.mail)
       | }`},

	{"mailbox.go", "post", `
P1 | if !h.wake.mail.put(m) {
   |	return false
   | }
P2 | if h.wake.waiting.Load() && h.wake.waiting.CompareAndSwap(true, false) {
P3 |	h.io.sel.Wake()
   | }
   | return true`},

	{"join.go", "remoteJoin", `
       | x := t.more()
       | r := x.remote.Load()
       | if r == nil {
put    |	x.remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
       |	r = x.remote.Load()
looks  |	lookAfterStore()
       | }
look   | if t.ended.Load() {
look   |	r.close(currentHub())
       | }
       | return r`},

	{"hublock_membarrier.go", "storeBeforeLook", `
ends   | if ownLocks.Load() == ownLocksNow {
store  |	publishTrue(p)
       | } else {
store  |	announce(p, true)
       | }`},

	{"hublock_membarrier.go", "lookAfterStore", `
looks   | if ownLocks.Load() == ownLocksNow {
barrier |	barrierEverywhere()
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
	parsed, err := parser.ParseFile(set, file, nil, 0)
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

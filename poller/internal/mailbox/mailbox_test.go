package mailbox

import (
	"sync"
	"testing"
)

func TestMailbox_order(t *testing.T) {
	var b Box
	mails := make([]Mail, 5)
	take := func(want ...int) {
		t.Helper()
		m := b.Take()
		for _, i := range want {
			if m != &mails[i] {
				t.Fatal("not in the order in which they were put")
			}
			m = m.Next
		}
		if m != nil || !b.Empty() {
			t.Fatal("too many")
		}
	}
	put := func(i int, open bool) {
		t.Helper()
		if b.Put(&mails[i]) != open {
			t.Fatalf("put: open is not %v", open)
		}
	}
	take()
	for i := range 4 {
		put(i, true)
		if b.Empty() {
			t.Fatal("empty")
		}
	}
	take(0, 1, 2, 3)
	put(2, true)
	take(2)
	put(4, true)
	put(1, true)
	if m := b.Close(); m != &mails[4] || m.Next != &mails[1] || m.Next.Next != nil {
		t.Error("close: not in the order in which they were put")
	}
	put(3, false)
	if b.Close() != nil {
		t.Error("close of a closed one")
	}
}

func TestMailbox_posters(t *testing.T) {
	var b Box
	var wg sync.WaitGroup
	const posters, each = 4, 1000
	type tagged struct {
		Mail
		from, n int
	}
	tags := sync.Map{}
	for p := range posters {
		wg.Go(func() {
			for n := range each {
				m := &tagged{from: p, n: n}
				tags.Store(&m.Mail, m)
				b.Put(&m.Mail)
			}
		})
	}
	var next [posters]int
	total := 0
	for total < posters*each {
		for m := b.Take(); m != nil; m = m.Next {
			v, _ := tags.Load(m)
			tag := v.(*tagged)
			if tag.n != next[tag.from] {
				t.Fatalf("poster %d: %d came when %d was due", tag.from, tag.n, next[tag.from])
			}
			next[tag.from]++
			total++
		}
	}
	wg.Wait()
	b.Put(new(Mail))
	if b.Close() == nil || b.Put(new(Mail)) || b.Take() != nil {
		t.Error("a closed mailbox is open")
	}
}

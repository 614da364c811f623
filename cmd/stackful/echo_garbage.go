package main

// What makes a server work for the garbage collector: a heap that it must mark, and
// requests that allocate.

const liveBytes = 100 << 20

// liveHeap returns some liveBytes of small objects that refer to each other.
func liveHeap() (lists []*leaf) {
	const each = 1000
	for range liveBytes / (each * leafBytes) {
		lists = append(lists, leaves(each))
	}
	return lists
}

// leafBytes is what a leaf takes in the heap.
const leafBytes = 64

// leaves is not inlined, so that what nobody uses is allocated all the same.
//
//go:noinline
func leaves(n int) (list *leaf) {
	for range n {
		list = &leaf{next: list}
	}
	return list
}

// litter allocates some n bytes, and forgets them.
func litter(n int) { leaves((n + leafBytes - 1) / leafBytes) }

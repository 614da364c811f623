package main

func Example() {
	main()
	// Output:
	// 31 pages, at most 2 jobs at once, error: no pages
	// encyclopedia 12 <nil>
	// novel 5 <nil>
	// empty 0 no pages
	// poem 4 <nil>
	// dictionary 10 <nil>
}

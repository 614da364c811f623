package main

func Example() {
	main()
	// Output:
	// alex is eat1
	// alex is play1
	// alex is eat2
	// alex is play2
}

package main

func Example() {
	main()
	// Output:
	//  8:00 the shop opens
	//  9:00 the mail comes
	//  9:00 a loaf is done
	// 10:00 a customer comes
	// 10:00 a loaf is done
	// 11:00 a loaf is done
	// 11:00 all bread is there: the shop closes
}

package main

import "os"

func Example() {
	play(os.Stdout, 100, 120)
	// Output:
	// frame 40: 100 scripts, 2910 steps, 10 wolves howl
	// frame 80: 90 scripts, 5160 steps, 0 wolves howl
	// frame 120: 90 scripts, 7410 steps, 0 wolves howl
	// over: 0 scripts
}

//go:build !linux

// Command fileio compares ways to read and write files on Linux.
package main

import "fmt"

func main() { fmt.Println("fileio is for Linux") }

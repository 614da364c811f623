// Package term is input and output of the subcommands: a terminal with a line of progress
// at its bottom, and text in columns. Numbers are written by internal/units.
//
// It is the lowest layer of the program and imports nothing of this module. Read on in
// package cli, which hands a Terminal to each subcommand.
package term

package asm

// TopGap is g.stack.hi - g.stktopsp, of every goroutine: newproc1 leaves room for
// four words, and a stack that is copied keeps the distance. See C3 in contract.md.
const TopGap = 4 * 8

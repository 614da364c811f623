package asm

// TopGap is g.stack.hi - g.stktopsp, of every goroutine: newproc1 leaves room for
// four words and a frame's saved LR, aligned to 16 bytes, and a stack that is copied
// keeps the distance. See C3 in contract.md.
const TopGap = (4*8 + 8 + 15) &^ 15

//go:build !stackful_portable && go1.25 && !go1.28 && (amd64 || arm64) && (linux || darwin || freebsd || windows)

package gstate

import "github.com/stackful-go/stackful/asm"

//lint:file-ignore U1000 the assembly uses them, by go_asm.h

const (
	gGoroutineProfiled = asm.GGoroutineProfiled
	gStatusTraced      = asm.GTraceStatusTraced
)

func look() (marking, profiled uint32, traced uint64)

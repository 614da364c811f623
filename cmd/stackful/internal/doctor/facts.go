package doctor

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// A fact is one line of doctor's text.
type fact struct{ name, text string }

// moduleText tells which build this is: its version, and settings that change the code.
func moduleText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "built without module information"
	}
	words := []string{info.Main.Path, machine.Version()}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision", "vcs.modified", "-tags", "-race", "-gcflags", "-ldflags", "-buildmode", "CGO_ENABLED", "GOAMD64", "GOARM64":
			words = append(words, s.Key+"="+s.Value)
		}
	}
	return strings.Join(words, " ")
}

// layoutText tells whether the table of the runtime's layouts fits.
func layoutText() string {
	table := asm.Compiled()
	if err := table.Check(); err != nil {
		return "does not fit: " + err.Error()
	}
	return "the table for " + table.LayoutGo + " fits this binary"
}

// addCPU adds the processor's name, caches, clock and features, in lines of some 100 columns.
func addCPU(lines *term.Sheet) {
	c := asm.Identify()
	lines.Row("cpu", fmt.Sprintf("%s (%s)", machine.CPU(), c.Vendor))
	size := func(bytes int) string {
		if bytes <= 0 {
			return "?"
		}
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	lines.Row("", fmt.Sprintf("%d cores, %d threads; L1D %s, L2 %s, L3 %s, line %d bytes", c.PhysicalCores, c.LogicalCores,
		size(c.L1D), size(c.L2), size(c.L3), c.CacheLine))
	clock := fmt.Sprintf("%s, %.3f GHz", c.CounterName, c.CountersPerSec/1e9)
	if ns, ok := machine.CAS(5 * time.Millisecond); ok {
		clock += fmt.Sprintf("; compare-and-swap %s ns", units.Digits(ns))
	}
	lines.Row("counter", clock)
	const width = 100
	name, line := "features", ""
	for _, f := range c.Features {
		if len(line)+len(f) > width {
			lines.Row(name, line)
			name, line = "", ""
		}
		line = strings.TrimSpace(line + " " + f)
	}
	lines.Row(name, line)
}

// systemName returns the kernel's name, for the last line.
func systemName() string {
	for _, k := range kernelFacts() {
		if k.name == "kernel" {
			return k.text
		}
	}
	return runtime.GOOS
}

package patch

import (
	"slices"
	"strings"
)

// splitChdir splits off a -C flag, which go wants to be first.
func splitChdir(args []string) (lead, rest []string) {
	switch {
	case len(args) >= 2 && (args[0] == "-C" || args[0] == "--C"):
		return args[:2], args[2:]
	case len(args) >= 1 && (strings.HasPrefix(args[0], "-C=") || strings.HasPrefix(args[0], "--C=")):
		return args[:1], args[1:]
	}
	return nil, args
}

// takeOverlay takes the last -overlay flag out of args, as far as they are go's own:
// arguments after the first that is no flag may be a program's. For that it has to know which
// flags take the next argument; the value of one that is missing in the list would be taken
// for the end of the flags, and an overlay behind it would be given to go beside ours.
func takeOverlay(args []string) (name string, rest []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--" || arg == "-args" {
			return name, append(rest, args[i:]...)
		}
		flag, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		separate := !joined && slices.Contains(flagsWithValue, flag) && i+1 < len(args)
		if separate {
			i++
			value = args[i]
		}
		switch {
		case flag == "overlay":
			name = value
		case separate:
			rest = append(rest, arg, value)
		default:
			rest = append(rest, arg)
		}
	}
	return name, rest
}

// flagsEnd returns how many of args are go's own flags, with their values. It calls each, if it is not
// nil, with the indices of the flags.
func flagsEnd(args []string, each func(i int)) int {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--" || arg == "-args" {
			return i
		}
		if each != nil {
			each(i)
		}
		if name := strings.TrimLeft(arg, "-"); slices.Contains(flagsWithValue, name) || slices.Contains(simFlags, name) {
			i++
		}
	}
	return len(args)
}

// takeFlag takes a flag of ours out of args, as far as they are go's own, and reports
// whether it was there.
func takeFlag(args []string, name string) (found bool, rest []string) {
	at := -1
	flagsEnd(args, func(i int) {
		if arg := strings.TrimLeft(args[i], "-"); arg == name || arg == name+"=true" {
			at = i
		}
	})
	if at < 0 {
		return false, args
	}
	return true, slices.Concat(args[:at], args[at+1:])
}

// splitPackages splits the arguments of a subcommand of go into its flags and what
// follows, in which packages or files come first: of test, not beyond the next flag.
func splitPackages(name string, args []string) (flags, named []string) {
	end := flagsEnd(args, nil)
	flags, named = args[:end], args[end:]
	if name == "test" {
		if i := slices.IndexFunc(named, func(arg string) bool { return strings.HasPrefix(arg, "-") }); i >= 0 {
			named = named[:i]
		}
	}
	return flags, named
}

// listFlags returns those flags that go list must have to find the same packages.
func listFlags(flags []string) (kept []string) {
	for i := 0; i < len(flags); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(flags[i], "-"), "=")
		n := 1
		if !joined && slices.Contains(flagsWithValue, name) {
			n = min(2, len(flags)-i)
		}
		if name == "tags" || name == "mod" || name == "modfile" {
			kept = append(kept, flags[i:i+n]...)
		}
		i += n - 1
	}
	return kept
}

// flagsWithValue are, without the dash, the flags of go build, run, test, vet, install and list that may
// take the next argument. (-c of vet may, too; that of test does not.)
var flagsWithValue = []string{
	"asmflags", "bench", "benchtime", "blockprofile", "blockprofilerate", "buildmode", "C", "compiler", "count", "covermode",
	"coverpkg", "coverprofile", "cpu", "cpuprofile", "exec", "f", "fuzz", "fuzzminimizetime", "fuzztime", "gccgoflags", "gcflags",
	"installsuffix", "ldflags", "list", "memprofile", "memprofilerate", "mod", "modfile", "mutexprofile",
	"mutexprofilefraction", "o", "outputdir", "overlay", "p", "parallel", "pgo", "pkgdir", "reuse", "run", "shuffle", "skip", "tags", "timeout",
	"toolexec", "trace", "vet", "vettool",
}

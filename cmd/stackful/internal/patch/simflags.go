package patch

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/simtest"
)

// simFlags are the flags of -sim with a value that go does not have.
var simFlags = []string{"seeds", "first", "seed", "log", "timeline", "allow", "date"}

// buildFlags are the flags of go test that go build has, too: those with a value are in flagsWithValue.
var buildFlags = []string{
	"a", "asan", "asmflags", "buildmode", "buildvcs", "compiler", "gccgoflags", "gcflags", "installsuffix", "ldflags", "linkshared", "mod",
	"modcacherw", "modfile", "msan", "pgo", "pkgdir", "race", "tags", "toolexec", "trimpath", "work", "x",
}

// simArgs are the arguments of -sim.
type simArgs struct {
	build    []string // flags for go
	packages []string
	tests    simtest.Options
}

// parseSim parses the arguments of `stackful test -sim`. Flags and packages may stand in any order, up to -args.
func parseSim(args []string) (*simArgs, error) {
	a := &simArgs{tests: simtest.Options{Seeds: 100, Timeout: time.Minute, Run: "."}}
	one := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			if strings.HasSuffix(arg, ".go") {
				return nil, cli.Usagef("-sim takes packages, not files: %s", arg)
			}
			a.packages = append(a.packages, arg)
			continue
		}
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "args" {
			a.tests.Args = args[i+1:]
			break
		}
		given := args[i : i+1]
		if !joined && (slices.Contains(flagsWithValue, name) || slices.Contains(simFlags, name)) {
			if i+1 == len(args) {
				return nil, cli.Usagef("flag needs an argument: -%s", name)
			}
			i++
			value = args[i]
			given = args[i-1 : i+1]
		}
		if slices.Contains(buildFlags, name) {
			a.build = append(a.build, given...)
			continue
		}
		if err := a.set(name, value, joined, &one); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// set sets a flag of the tests.
func (a *simArgs) set(name, value string, joined bool, one *bool) (err error) {
	o := &a.tests
	isTrue := func(to *bool) error {
		*to = true
		if joined {
			*to, err = strconv.ParseBool(value)
		}
		return err
	}
	count := func(to *int) error {
		if *to, err = strconv.Atoi(value); err == nil && *to < 1 {
			err = strconv.ErrRange
		}
		return err
	}
	switch name {
	case "sim":
	case "seeds":
		if *one {
			return cli.Usagef("-seeds and -seed do not go together")
		}
		err = count(&o.Seeds)
	case "first", "seed":
		if o.First, err = strconv.ParseUint(value, 10, 64); name == "seed" {
			if o.Seeds != 100 && !*one {
				return cli.Usagef("-seeds and -seed do not go together")
			}
			o.Seeds, *one = 1, true
		}
	case "run":
		o.Run = value
	case "log":
		o.Log = value
	case "timeline":
		o.Timeline = value
	case "allow":
		o.Allow = append(o.Allow, strings.Split(value, ",")...)
	case "date":
		if o.Date, err = time.Parse(time.DateOnly, value); err == nil && o.Date.Year() < 1971 {
			err = strconv.ErrRange
		}
	case "p":
		err = count(&o.Processes)
	case "timeout":
		if o.Timeout, err = time.ParseDuration(value); err == nil && o.Timeout <= 0 {
			err = strconv.ErrRange
		}
	case "all":
		err = isTrue(&o.All)
	case "short":
		err = isTrue(&o.Short)
	case "v":
		err = isTrue(&o.Verbose)
	default:
		return cli.Usagef("-sim does not have the flag -%s", name)
	}
	if err != nil {
		return cli.Usagef("invalid value %q of -%s", value, name)
	}
	return nil
}

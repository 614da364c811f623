package readme

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/stackful-go/stackful"

// checkGo checks a go command.
func (c *commands) checkGo(dir string, args []string) {
	verb, args := args[0], args[1:]
	flags, rest := split(args)
	switch verb {
	case "run":
		c.checkProgram(dir, args[0], args[1:])
		return
	case "get":
		if len(rest) != 1 || rest[0] != module {
			c.errorf("this module is %s", module)
		}
	case "doc":
		if out, err := c.start(dir, "go", append([]string{verb}, args...)...); err != nil {
			c.errorf("%v\n%s", err, out)
		}
	case "test", "build", "generate", "vet", "mod":
		c.checkPackages(dir, rest)
		c.checkGoFlags(flags)
		for _, f := range []string{"-run", "-bench"} {
			c.checkPattern(dir, rest, flags[f])
		}
	default:
		c.errorf("nothing here knows how to check go %s", verb)
	}
}

// withValue are the flags of go that are followed by a value.
var withValue = map[string]bool{"-run": true, "-bench": true, "-benchtime": true, "-tags": true, "-o": true, "-count": true}

// split splits arguments of the go command into flags, with their values, and the rest.
func split(args []string) (flags map[string]string, rest []string) {
	flags = make(map[string]string)
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		switch {
		case !strings.HasPrefix(name, "-"):
			rest = append(rest, args[i])
		case !given && withValue[name] && i+1 < len(args):
			i++
			flags[name] = args[i]
		default:
			flags[name] = value
		}
	}
	return flags, rest
}

// checkPackages: the packages are there.
func (c *commands) checkPackages(dir string, patterns []string) {
	if len(patterns) == 0 {
		return // those of the reader
	}
	out, err := c.start(dir, "go", append([]string{"list"}, patterns...)...)
	if err != nil || strings.TrimSpace(out) == "" || strings.Contains(out, "matched no packages") {
		c.errorf("%v\n%s", err, out)
	}
}

// checkGoFlags: go, or package simtest, has the flags.
func (c *commands) checkGoFlags(flags map[string]string) {
	help := c.built["go help"]
	if help == "" {
		for _, topic := range []string{"build", "test", "testflag"} {
			out, err := c.start(root, "go", "help", topic)
			if err != nil {
				c.t.Fatal(err)
			}
			help += out
		}
		c.built["go help"] = help
	}
	for f := range flags {
		if strings.HasPrefix(f, "-simtest.") {
			c.checkSourceFlag(root+"/poller/simtest", f)
		} else if !strings.Contains(help, "\t"+f+" ") && !strings.Contains(help, "\t"+f+"\n") {
			c.errorf("go has no flag %s", f)
		}
	}
}

// checkPattern: each alternative of the pattern matches a test or a benchmark of the packages.
func (c *commands) checkPattern(dir string, packages []string, pattern string) {
	if pattern == "" || len(packages) == 0 {
		return
	}
	for _, p := range strings.Split(pattern, "|") {
		if p == "^$" {
			continue // none, which is meant
		}
		re, err := regexp.Compile(`(?m)^func ((?:Test|Benchmark|Fuzz|Example)\w*)\(`)
		match, err2 := regexp.Compile(p)
		if err != nil || err2 != nil {
			c.errorf("%v %v", err, err2)
			return
		}
		found := false
		for _, pkg := range packages {
			paths, _ := filepath.Glob(filepath.Join(dir, strings.TrimSuffix(pkg, "/..."), "*_test.go"))
			for _, path := range paths {
				text, err := os.ReadFile(path)
				if err != nil {
					c.t.Fatal(err)
				}
				for _, m := range re.FindAllSubmatch(text, -1) {
					found = found || match.Match(m[1])
				}
			}
		}
		if !found {
			c.errorf("no test of %v matches %q", packages, p)
		}
	}
}

// checkSourceFlag: the package defines the flag.
func (c *commands) checkSourceFlag(dir, name string) {
	for _, file := range parseAll(c.t, dir+"/*.go") {
		for _, literal := range stringsOf(file) {
			if literal == strings.TrimLeft(name, "-") {
				return
			}
		}
	}
	c.errorf("%s has no flag %s", dir, name)
}

// checkProgram checks the arguments of a program of this repository, which `go run` runs.
func (c *commands) checkProgram(dir, pkg string, args []string) {
	if name, ok := strings.CutPrefix(strings.TrimSuffix(pkg, "@latest"), module); ok {
		dir, pkg = root, "."+name
	}
	at := filepath.Join(dir, pkg)
	if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil { // whose dependencies may not be there
		for f := range flagsOf(args) {
			c.checkSourceFlag(at, f)
		}
		return
	}
	switch {
	case at == filepath.Join(root, "cmd", "stackful"):
		c.checkTool(args)
	case len(args) == 0:
		c.program(at)
	default:
		c.checkHelp(c.program(at), []string{"-h"}, args)
	}
}

// program builds the program of a folder and returns its file.
func (c *commands) program(dir string) string {
	if c.built[dir] == "" {
		file := filepath.Join(c.t.TempDir(), "program.exe")
		if out, err := c.start(root, "go", "build", "-o", file, module+"/"+filepath.ToSlash(strings.TrimPrefix(dir, root+"/"))); err != nil {
			c.t.Fatalf("%s: %v\n%s", c.where, err, out)
		}
		c.built[dir] = file
	}
	return c.built[dir]
}

// passedOn are the subcommands whose arguments are those of the go command, but for ownFlag.
var passedOn = map[string]bool{"build": true, "run": true, "test": true, "vet": true, "install": true, "list": true}

const ownFlag = "-tasks"

// checkTool checks the arguments of the command stackful.
func (c *commands) checkTool(args []string) {
	file := c.program(filepath.Join(root, "cmd", "stackful"))
	if len(args) == 0 {
		return
	}
	if passedOn[args[0]] {
		flags, _ := split(args[1:])
		var own []string
		if _, ok := flags["-sim"]; ok { // whose flags are all in the help text, also those that go has
			c.checkHelp(file, []string{args[0], "-h"}, slices.Sorted(maps.Keys(flags)))
			return
		}
		if _, ok := flags[ownFlag]; ok {
			own = []string{ownFlag}
			delete(flags, ownFlag)
		}
		c.checkGoFlags(flags)
		c.checkHelp(file, []string{args[0], "-h"}, own)
		return
	}
	c.checkHelp(file, []string{args[0], "-h"}, args[1:])
}

// checkHelp: what the program says of itself has the flags, and the names among the arguments, but not
// values: files, and what comes after a flag.
func (c *commands) checkHelp(file string, help, args []string) {
	out, err := c.start(root, file, help...)
	if err != nil && !strings.Contains(strings.ToLower(out), "usage") {
		c.errorf("%v\n%s", err, out)
	}
	for f := range flagsOf(args) {
		if !regexp.MustCompile(`(?m)(^|\s|\[)` + regexp.QuoteMeta(f) + `\b`).MatchString(out) {
			c.errorf("no flag %s in\n%s", f, out)
		}
	}
	for i, arg := range args {
		if regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(arg) && (i == 0 || !strings.HasPrefix(args[i-1], "-")) &&
			!regexp.MustCompile(`\b`+arg+`\b`).MatchString(out) {
			c.errorf("no %q in\n%s", arg, out)
		}
	}
}

// flagsOf returns the flags among arguments.
func flagsOf(args []string) map[string]bool {
	flags := make(map[string]bool)
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") {
			flags[name] = true
		}
	}
	return flags
}

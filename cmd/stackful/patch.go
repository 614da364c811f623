package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/overlay"
)

const patchAbout = `
The go command with a patched standard library: in tasks of package poller,
time.Sleep and the calls of net, os and net/http that wait park the task, and other
tasks of its goroutine run meanwhile. Elsewhere they are as ever. What still blocks:
channels, package sync, regular files, C. See docs/patch.md.

Nothing outside of the user's cache folder is written, but what go itself writes.
The first build compiles the standard library anew.`

// patchedGo returns the subcommand that runs the go command's subcommand name.
func patchedGo(name string) func(ctx context.Context, t *terminal, args []string) error {
	return func(_ context.Context, t *terminal, args []string) error {
		if len(args) == 1 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
			fmt.Fprintf(t.out, "Usage: stackful %s [arguments of go %[1]s]\n%s\n", name, patchAbout)
			return nil
		}
		lead, rest := splitChdir(args)
		own, rest := takeOverlay(rest)
		p, err := newPatched(lead, own)
		if err != nil {
			return err
		}
		cmd := exec.Command(p.tool, slices.Concat([]string{name}, lead, []string{"-overlay=" + p.overlay}, rest)...)
		cmd.Env = append(os.Environ(), p.env...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, t.out, t.err
		err = cmd.Run() // an interrupt reaches the child as well: wait for it
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exitedWith(max(exit.ExitCode(), exitFailed))
		}
		return err
	}
}

// exitedWith is a failure that a child has told of already, and its exit code.
type exitedWith int

func (e exitedWith) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func runOverlay(_ context.Context, t *terminal, args []string) error {
	fs := newFlags(t, "overlay", "", `Prints the name of the file for go's -overlay flag, for those who call go
themselves: go build -overlay=$(stackful overlay). It is made for the go command that
would be used in the current folder.`+"\n"+patchAbout)
	if err := parse(fs, args, false); err != nil {
		return err
	}
	p, err := newPatched(nil, "")
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, p.overlay)
	if len(p.env) > 0 {
		fmt.Fprintf(t.err, "stackful: go does not replace files in its module cache, where this toolchain is: call it by another name\n  env %s %s ...\n",
			strings.Join(p.env, " "), p.tool)
	}
	return nil
}

// A patched is a go command and the overlay for its standard library.
type patched struct {
	tool    string
	env     []string // to be set for it
	overlay string
}

// newPatched finds the go command that would be used, lead being -C or nothing, and
// makes its overlay. own is an overlay of the user's, to be joined with it, or "".
func newPatched(lead []string, own string) (*patched, error) {
	var env struct{ GOROOT, GOVERSION, GOOS, GOMODCACHE, GOFLAGS string }
	if err := goEnv(lead, &env); err != nil {
		return nil, err
	}
	if env.GOOS != "linux" {
		return nil, fmt.Errorf("the standard library can be patched for linux, not for %s: %w", env.GOOS, errors.ErrUnsupported)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "stackful", "overlay")
	p := &patched{tool: "go"}
	chain := overlay.Toolchain{GOROOT: env.GOROOT, GOVERSION: env.GOVERSION}
	if chain.GOROOT, err = outsideOf(env.GOMODCACHE, chain, cache); err != nil {
		return nil, err
	}
	if chain.GOROOT != env.GOROOT {
		p.tool = filepath.Join(chain.GOROOT, "bin", "go")
		p.env = []string{"GOROOT=" + chain.GOROOT, "GOTOOLCHAIN=local"}
	}
	if own == "" {
		own, _ = takeOverlay(strings.Fields(env.GOFLAGS))
	}
	more, err := readOverlay(lead, own)
	if err != nil {
		return nil, err
	}
	p.overlay, err = overlay.Write(chain, cache, more)
	return p, err
}

// goEnv fills in the variables that the fields of the struct to are named for.
func goEnv(lead []string, to any) error {
	cmd := exec.Command("go", slices.Concat([]string{"env"}, lead, []string{"-json", "GOROOT", "GOVERSION", "GOOS", "GOMODCACHE", "GOFLAGS"})...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go env: %w\n%s", err, &stderr)
	}
	return json.Unmarshal(out, to)
}

// outsideOf returns a GOROOT of t that is not in the module cache: go refuses to
// replace files there, and has its downloaded toolchains there. A symbolic link
// makes another name for one.
func outsideOf(modcache string, t overlay.Toolchain, cache string) (string, error) {
	rel, err := filepath.Rel(modcache, t.GOROOT)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return t.GOROOT, nil
	}
	link := filepath.Join(cache, "goroot", filepath.Base(t.GOROOT))
	if to, err := os.Readlink(link); err == nil && to == t.GOROOT {
		return link, nil
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
		return "", err
	}
	fresh := fmt.Sprintf("%s.new-%d", link, os.Getpid())
	if err := os.Symlink(t.GOROOT, fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, link); err != nil {
		os.Remove(fresh)
		return "", err
	}
	return link, nil
}

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
// what comes after the first that is no flag may be a program's.
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

// flagsWithValue are the flags of go build, run and test that may take the next
// argument.
var flagsWithValue = []string{
	"asmflags", "bench", "benchtime", "blockprofile", "blockprofilerate", "buildmode", "C", "compiler", "count", "covermode",
	"coverpkg", "coverprofile", "cpu", "cpuprofile", "exec", "fuzz", "fuzzminimizetime", "fuzztime", "gccgoflags", "gcflags",
	"installsuffix", "ldflags", "list", "memprofile", "memprofilerate", "mod", "modfile", "mutexprofile",
	"mutexprofilefraction", "o", "outputdir", "overlay", "p", "parallel", "pgo", "pkgdir", "run", "shuffle", "skip", "tags", "timeout",
	"toolexec", "trace", "vet",
}

// readOverlay reads the user's overlay file, and returns what it replaces, by
// absolute names: nothing if there is no name.
func readOverlay(lead []string, name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	dir := "."
	if len(lead) > 0 {
		dir = strings.TrimPrefix(strings.TrimPrefix(lead[len(lead)-1], "--C="), "-C=")
	}
	absolute := func(name string) (string, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return filepath.Abs(name)
	}
	name, err := absolute(name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	more := make(map[string]string, len(list.Replace))
	for from, to := range list.Replace {
		from, err := absolute(from)
		if err != nil {
			return nil, err
		}
		if to != "" { // "" means that there is no such file
			if to, err = absolute(to); err != nil {
				return nil, err
			}
		}
		more[from] = to
	}
	return more, nil
}

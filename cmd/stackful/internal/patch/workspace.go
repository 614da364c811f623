package patch

import (
	"cmp"
	"errors"
	"fmt"
	goversion "go/version"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// module is the path of this module.
const module = "github.com/stackful-go/stackful"

// moduleDir returns the folder with the source of this module that the command at hand was built from.
func moduleDir() (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok { // built without -trimpath, on this machine
		dir := filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == module && info.Main.Version != "(devel)" {
		var got struct{ Dir string }
		err := new(program).goJSON(nil, "mod", []string{"download", "-json", module + "@" + info.Main.Version}, &got)
		return got.Dir, err
	}
	return "", errors.New("the source of stackful is not at hand: have the program's module require it, `go get " + module + "`")
}

// A godebug is a setting of a go.mod or go.work.
type godebug struct{ Key, Value string }

// workspace returns the text of a go.work that has the folder dir besides what the go command uses at hand:
// the modules of its workspace, or its main module if there is one. What the program does by default (GODEBUG)
// stays what its own go.mod or go.work says.
func workspace(lead []string, dir string) (string, error) {
	var env struct{ GOVERSION, GOMOD, GOWORK string }
	var p program
	if err := p.goJSON(lead, "env", []string{"-json", "GOVERSION", "GOMOD", "GOWORK"}, &env); err != nil {
		return "", err
	}
	var file struct { // as `go mod edit -json` and `go work edit -json` have it
		Go      string
		Use     []struct{ DiskPath string }
		Replace []struct {
			Old, New struct{ Path, Version string }
		}
	}
	var from, name string
	uses := []string{dir}
	switch {
	case env.GOWORK != "" && env.GOWORK != "off":
		name, from = env.GOWORK, filepath.Dir(env.GOWORK)
		if err := p.goJSON(nil, "work", []string{"edit", "-json", env.GOWORK}, &file); err != nil {
			return "", err
		}
		for _, u := range file.Use {
			uses = append(uses, absolute(from, u.DiskPath))
		}
	case env.GOMOD != "" && env.GOMOD != os.DevNull:
		if err := p.goJSON(nil, "mod", []string{"edit", "-json", env.GOMOD}, &file); err != nil {
			return "", err
		}
		name = env.GOMOD
		file.Replace = nil // they hold in a workspace, too
		uses = append(uses, filepath.Dir(env.GOMOD))
	default:
		file.Go = strings.TrimPrefix(env.GOVERSION, "go") // there is no module
	}
	settings, err := godebugs(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	version, _, _ := strings.Cut(strings.TrimPrefix(env.GOVERSION, "go"), " ")
	fmt.Fprintf(&b, "go %s\n\n", version)
	hasDefault := false
	for _, d := range settings {
		hasDefault = hasDefault || d.Key == "default"
		fmt.Fprintf(&b, "godebug %s=%s\n", d.Key, d.Value)
	}
	if !hasDefault {
		fmt.Fprintf(&b, "godebug default=%s\n", cmp.Or(goversion.Lang("go"+file.Go), "go1.16")) // what a file without the line means
	}
	for _, u := range uses {
		fmt.Fprintf(&b, "use %q\n", u)
	}
	for _, r := range file.Replace {
		to := r.New.Path
		if r.New.Version == "" {
			to = absolute(from, to)
		}
		fmt.Fprintf(&b, "replace %q %s => %q %s\n", r.Old.Path, r.Old.Version, to, r.New.Version)
	}
	return b.String(), nil
}

// godebugs returns the settings of a go.mod or go.work, none if name is empty. (`go mod edit -json` has them since
// Go 1.26.)
func godebugs(name string) (all []godebug, err error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	inBlock := false
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case inBlock && words[0] == ")":
			inBlock = false
		case words[0] == "godebug" && len(words) > 1 && words[1] == "(":
			inBlock = true
		case inBlock || words[0] == "godebug" && len(words) > 1:
			key, value, _ := strings.Cut(words[len(words)-1], "=")
			all = append(all, godebug{key, value})
		}
	}
	return all, nil
}

// absolute returns the name of a file, which may be relative to the folder dir.
func absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

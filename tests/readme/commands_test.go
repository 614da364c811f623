package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Commands of documents are lines of fenced or indented blocks, and code spans, that begin with one of
// these, after assignments of variables and a change of folder.
var (
	commandStart = regexp.MustCompile(`^(?:[A-Z_]+=\S+ )*(?:cd \S+ && )?(?:(?:go|stackful) [a-z]+(?: |$)|bash \S|grep -|tests/\S+\.sh)`)
	indented     = regexp.MustCompile(`(?m)^(?:    |\t)(\S.*)$`)
	span         = regexp.MustCompile("`([^`\n]+)`")
	assignment   = regexp.MustCompile(`^[A-Z_]+=\S+$`)
	substitution = regexp.MustCompile(`\$\(([^)]*)\)`)
)

// documented returns the commands of the documents, with the files that have them.
func documented(t *testing.T) map[string][]string {
	all := make(map[string][]string)
	for _, path := range markdown(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, block := range fence.FindAllString(string(text), -1) {
			if strings.HasPrefix(block, "```\n") || strings.HasPrefix(block, "```sh\n") {
				found = append(found, strings.Split(block, "\n")...)
			}
		}
		prose := fence.ReplaceAllString(string(text), "")
		for _, re := range []*regexp.Regexp{indented, span} {
			for _, m := range re.FindAllStringSubmatch(prose, -1) {
				found = append(found, m[1])
			}
		}
		for _, c := range found {
			c = strings.TrimSpace(strings.TrimPrefix(c, "$ "))
			if commandStart.MatchString(c) {
				all[c] = append(all[c], path)
			}
		}
	}
	return all
}

// TestCommands parses each command of the documents, and runs it where that takes no time: what it names
// is there, flags are known to what they are given to, patterns of tests match some. The README's own two
// run in TestReadme_commands and in .ci/run.
func TestCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it starts shells")
	}
	c := &commands{t: t, built: make(map[string]string)}
	all := documented(t)
	for command, paths := range all {
		c.where = command + " (" + strings.Join(slices.Compact(paths), ", ") + ")"
		dir := root
		if strings.HasPrefix(command, "go run . ") { // beside the document
			dir = filepath.Dir(paths[0])
		}
		c.check(dir, command)
	}
	if len(all) < 50 {
		t.Errorf("%d commands were found; there should be more", len(all))
	}
}

// commands checks commands. It builds each program once.
type commands struct {
	t     *testing.T
	where string            // for messages
	built map[string]string // by package
}

func (c *commands) errorf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: "+format, append([]any{c.where}, args...)...)
}

// check checks a command that is given in a folder.
func (c *commands) check(dir, command string) {
	command = strings.NewReplacer("go1.NN", "go1.26", "go1.N", "go1.26").Replace(command)
	for _, m := range substitution.FindAllStringSubmatch(command, -1) {
		c.check(dir, m[1])
	}
	command = substitution.ReplaceAllString(command, "X")
	if rest, ok := strings.CutPrefix(command, "cd "); ok {
		to, after, _ := strings.Cut(rest, " && ")
		dir, command = filepath.Join(dir, to), after
	}
	args := words(command)
	for len(args) > 0 && assignment.MatchString(args[0]) {
		args = args[1:]
	}
	switch {
	case args[0] == "go":
		c.checkGo(dir, args[1:])
	case args[0] == "stackful":
		c.checkTool(args[1:])
	case args[0] == "grep":
		if out, err := c.start(dir, "bash", "-c", command); err != nil {
			c.errorf("%v\n%s", err, out)
		}
	case args[0] == "bash":
		c.checkScript(dir, args[1], args[2:])
	default:
		c.checkScript(dir, args[0], args[1:])
	}
}

// words splits a command. Quotes keep spaces together.
func words(command string) (args []string) {
	for _, m := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1) {
		args = append(args, strings.Trim(m, "'"))
	}
	return args
}

func (c *commands) start(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH=") // the machine's own, also where the test is emulated
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// checkScript: the script is there and is one; it has the words that it is given.
func (c *commands) checkScript(dir, path string, args []string) {
	text, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		c.errorf("%v", err)
		return
	}
	if out, err := c.start(dir, "bash", "-n", path); err != nil {
		c.errorf("%v\n%s", err, out)
	}
	for _, arg := range args {
		if regexp.MustCompile(`^[a-z]+$`).MatchString(arg) && !strings.Contains(string(text), arg) {
			c.errorf("it does not know %q", arg)
		}
	}
}

package demo

import (
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, &cli.Program{Commands: []cli.Command{Command}})
}

func TestDemo(t *testing.T) {
	if out := clitest.MustRun(t, "demo", "switch"); out != "alex is eat1\nalex is play1\nalex is eat2\nalex is play2\n" {
		t.Errorf("demo switch prints\n%s", out)
	}
	list := clitest.MustRun(t, "demo")
	for _, d := range demos {
		clitest.MustContain(t, list, "stackful demo "+d.name)
		if d.prints != "" {
			if out := clitest.MustRun(t, "demo", "-fast", d.name); out != d.prints {
				t.Errorf("demo %s prints\n%s\nwant\n%s", d.name, out, d.prints)
			}
		}
	}
	clitest.MustContain(t, clitest.MustRun(t, "demo", "-python", "switch"), "from greenlet import greenlet", "alex is eat1   alex is eat1")
	clitest.MustContain(t, clitest.MustRun(t, "demo", "server"), "500 connections served, 10000 replies right")
}

func TestDemoGenerators(t *testing.T) {
	clitest.MustContain(t, clitest.MustRun(t, "demo", "-fast", "generators"), "in series ", "yield and send ", "goroutine and channel ", " 49995000\n")
}

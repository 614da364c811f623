package machine

import (
	"os"
	"regexp"
	"runtime/debug"
	"testing"
)

func TestRelease(t *testing.T) {
	text, err := os.ReadFile("../../../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$`).FindSubmatch(text)
	if newest == nil || "v"+string(newest[1]) != Release {
		t.Errorf("CHANGELOG.md's newest release is %q, Release is %s", newest, Release)
	}
}

func TestVersionOf(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{}, Release},
		{debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}, Release},
		{debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.0.0-20261129-0123456789ab+dirty"}, Settings: commit}, Release + " at 0123456789ab, modified"},
		{debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.3.1"}, Settings: commit}, "v0.3.1"},
		{debug.BuildInfo{Main: debug.Module{Path: "example.com/x", Version: "v9.9.9"}, Deps: []*debug.Module{{Path: module, Version: "v0.2.0"}}}, "v0.2.0"},
	} {
		if got := versionOf(&c.info); got != c.want {
			t.Errorf("%+v: %s, want %s", c.info.Main, got, c.want)
		}
	}
}

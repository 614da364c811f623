package machine

import (
	"runtime/debug"
	"strings"
)

// module is the path of the module that this program is of.
const module = "github.com/stackful-go/stackful"

// Release is the version of these sources: the newest section of CHANGELOG.md, which a
// test compares. A build from a clone has no other.
const Release = "v0.1.0"

// Version returns the version of the module that the program was built from: as the go
// command knows it, or Release with the commit for a build from a clone.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Release
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	m := &info.Main
	for _, d := range info.Deps {
		if d.Path == module {
			m = d
		}
	}
	// A clone without tags has a version that begins with v0.0.0, of the commit.
	if m.Path == module && strings.HasPrefix(m.Version, "v") && !strings.HasPrefix(m.Version, "v0.0.0-") {
		return m.Version
	}
	version := Release
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		version += " at " + commit[:min(12, len(commit))]
	}
	if settings["vcs.modified"] == "true" {
		version += ", modified"
	}
	return version
}

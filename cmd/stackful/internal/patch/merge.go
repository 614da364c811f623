package patch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// inFolder returns the absolute name of a file for the go command with lead, which is -C or nothing.
func inFolder(lead []string, name string) (string, error) {
	if len(lead) > 0 {
		name = absolute(strings.TrimPrefix(strings.TrimPrefix(lead[len(lead)-1], "--C="), "-C="), name)
	}
	return filepath.Abs(name)
}

// readOverlay reads the user's overlay file, and returns its replacements, by
// absolute names: none if there is no name. go takes one overlay only, so the two are
// joined; and it takes names to be relative to the folder that it runs in, which lead may
// change, while our file is in the cache.
func readOverlay(lead []string, name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	name, err := inFolder(lead, name)
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
		from, err := inFolder(lead, from)
		if err != nil {
			return nil, err
		}
		if to != "" { // "" means that there is no such file
			if to, err = inFolder(lead, to); err != nil {
				return nil, err
			}
		}
		more[from] = to
	}
	return more, nil
}

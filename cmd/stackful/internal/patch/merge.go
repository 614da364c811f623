package patch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

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

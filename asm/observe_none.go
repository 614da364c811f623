//go:build !gc || !(amd64 || arm64) || !go1.25 || go1.28

package asm

// observe cannot look at a g without assembly, and links with the runtime only
// in releases that were tried.
func observe(Layout) error {
	return &LayoutError{"G", "assembly for this build", "none"}
}

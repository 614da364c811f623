//go:build !stackful_portable

package stackful

// portableTag says that this build is to have the portable backend only.
const portableTag = false

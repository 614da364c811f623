//go:build !stackful_portable

package stackful

// portableTag says that this build asks for the portable backend.
const portableTag = false

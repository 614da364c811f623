package stackful

// AskedPortable reports whether the program was built with the tag stackful_portable, which asks
// for the portable backend.
func AskedPortable() bool { return portableTag }

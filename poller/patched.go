package poller

// The glue of the patched standard library installs itself, if the library is patched.
import _ "github.com/stackful-go/stackful/poller/internal/patched"

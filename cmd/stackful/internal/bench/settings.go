package bench

import (
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// settings are how to measure: the flags, and where progress is shown.
type settings struct {
	t       *term.Terminal
	rounds  int
	slice   time.Duration // time of one contender in one round
	million bool
	count   int // coroutines of memory
	live    int // coroutines of game and gc, and the larger number of many
	number  int // of the name, such as many-5000, in place of these; 0 if it has none
}

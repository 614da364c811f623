package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stackful-go/stackful/cmd/stackful/internal/child"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// inChild has a child run the command with args and, last, the name of a kind, and returns the one report
// that it writes.
func inChild[R any](ctx context.Context, t *term.Terminal, kind, command string, args ...string) (report R, err error) {
	c, err := child.Start(ctx, t.Err, nil, slices.Concat([]string{command}, args, []string{kind})...)
	if err != nil {
		return report, err
	}
	defer context.AfterFunc(ctx, c.Abort)()
	if err := c.Read(&report); err != nil {
		c.Kill()
		return report, cmp.Or(ctx.Err(), fmt.Errorf("%s: %w", kind, err))
	}
	return report, c.Wait()
}

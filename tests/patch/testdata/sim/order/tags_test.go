//go:build x && y

package order

import "testing"

func TestTags(t *testing.T) {}

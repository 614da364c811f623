package twice

import "testing"

func Test(*testing.T) {}

func TestOnce(*testing.T) {}

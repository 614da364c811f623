package twice_test

import "testing"

func Test(*testing.T) { panic("it is run") }

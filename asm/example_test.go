package asm_test

import (
	"errors"
	"fmt"

	"github.com/stackful-go/stackful/asm"
)

func ExampleGoid() {
	fmt.Println(asm.Goid() == asm.GoidParsed())
	// Output: true
}

func ExampleLayout_Check() {
	table := asm.Compiled()
	table.KnownGo = false // as if for a release that nobody has read
	var wrong *asm.LayoutError
	if err := table.Check(); errors.As(err, &wrong) {
		fmt.Println("portable backend:", wrong.Field)
	}
	// Output: portable backend: KnownGo
}

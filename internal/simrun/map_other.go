//go:build !linux

package simrun

import "errors"

// MapPage is for Linux, as the patched runtime is.
func MapPage(string) (*Page, error) { return nil, errors.ErrUnsupported }

// A Writer is for Linux.
type Writer struct{}

// NewWriter is for Linux.
func NewWriter(string, int64) (*Writer, error) { return nil, errors.ErrUnsupported }

// Err is of Linux.
func (*Writer) Err() error { return nil }

func (*Writer) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

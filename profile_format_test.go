package stackful_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// As much of the pprof format as the tests ask for.

// A sample is one line of a profile.
type sample struct {
	Values    []int64
	Functions []string // innermost first, inlined ones too
	Labels    map[string]string
}

// has reports whether the sample's stack has the function.
func (s sample) has(function string) bool { return slices.Contains(s.Functions, function) }

// countFrames adds up the first value of the samples with the function, as many times
// as their stacks have it.
func countFrames(samples []sample, function string) (n int64) {
	for _, s := range samples {
		for _, f := range s.Functions {
			if f == function {
				n += s.Values[0]
			}
		}
	}
	return n
}

// parseProfile decodes a profile as package runtime/pprof writes it.
func parseProfile(data []byte) ([]sample, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if data, err = io.ReadAll(z); err != nil {
		return nil, err
	}
	var p parsed
	p.locations = make(map[uint64][]uint64)
	p.functions = make(map[uint64]uint64)
	if err := fields(data, p.profile); err != nil {
		return nil, err
	}
	return p.resolve()
}

// The message types of profile.proto, as far as they matter here.
type parsed struct {
	raw       []rawSample
	locations map[uint64][]uint64 // id to ids of functions
	functions map[uint64]uint64   // id to index of name
	strings   []string
}

type rawSample struct {
	locations, values []uint64
	labels            [][2]uint64
}

func (p *parsed) profile(field int, n uint64, b []byte) error {
	switch field {
	case 2:
		var s rawSample
		p.raw = append(p.raw, s)
		return fields(b, p.raw[len(p.raw)-1].field)
	case 4:
		return p.location(b)
	case 5:
		var id, name uint64
		err := fields(b, func(field int, n uint64, _ []byte) error {
			switch field {
			case 1:
				id = n
			case 2:
				name = n
			}
			return nil
		})
		p.functions[id] = name
		return err
	case 6:
		p.strings = append(p.strings, string(b))
	}
	return nil
}

func (s *rawSample) field(field int, n uint64, b []byte) error {
	switch field {
	case 1:
		return numbers(&s.locations, n, b)
	case 2:
		return numbers(&s.values, n, b)
	case 3:
		var label [2]uint64
		err := fields(b, func(field int, n uint64, _ []byte) error {
			if field == 1 || field == 2 {
				label[field-1] = n
			}
			return nil
		})
		s.labels = append(s.labels, label)
		return err
	}
	return nil
}

func (p *parsed) location(b []byte) error {
	var id uint64
	var ids []uint64
	err := fields(b, func(field int, n uint64, b []byte) error {
		switch field {
		case 1:
			id = n
		case 4:
			return fields(b, func(field int, n uint64, _ []byte) error {
				if field == 1 {
					ids = append(ids, n)
				}
				return nil
			})
		}
		return nil
	})
	p.locations[id] = ids
	return err
}

func (p *parsed) resolve() (samples []sample, err error) {
	text := func(i uint64) string {
		if i >= uint64(len(p.strings)) {
			err = fmt.Errorf("profile: there is no string %d", i)
			return ""
		}
		return p.strings[i]
	}
	for _, raw := range p.raw {
		s := sample{Labels: make(map[string]string)}
		for _, v := range raw.values {
			s.Values = append(s.Values, int64(v))
		}
		for _, id := range raw.locations {
			for _, function := range p.locations[id] {
				s.Functions = append(s.Functions, text(p.functions[function]))
			}
		}
		for _, l := range raw.labels {
			s.Labels[text(l[0])] = text(l[1])
		}
		if len(s.Values) == 0 {
			return nil, errors.New("profile: a sample without values")
		}
		samples = append(samples, s)
	}
	return samples, err
}

var errFormat = errors.New("profile: not a protocol buffer")

// fields calls f for each field of a protocol buffer: n is the value of a
// number, b the contents of anything else.
func fields(data []byte, f func(field int, n uint64, b []byte) error) error {
	for len(data) > 0 {
		key, k := binary.Uvarint(data)
		if k <= 0 {
			return errFormat
		}
		data = data[k:]
		n, k := binary.Uvarint(data)
		if k <= 0 {
			return errFormat
		}
		data = data[k:]
		var b []byte
		switch key & 7 {
		case 0:
		case 2:
			if n > uint64(len(data)) {
				return errFormat
			}
			b, data = data[:n], data[n:]
		default:
			return errFormat
		}
		if err := f(int(key>>3), n, b); err != nil {
			return err
		}
	}
	return nil
}

// numbers appends a repeated number, which may be packed.
func numbers(to *[]uint64, n uint64, packed []byte) error {
	if packed == nil {
		*to = append(*to, n)
		return nil
	}
	for len(packed) > 0 {
		n, k := binary.Uvarint(packed)
		if k <= 0 {
			return errFormat
		}
		*to = append(*to, n)
		packed = packed[k:]
	}
	return nil
}

// Parser is a parser that is fed: an ordinary recursive descent, whose function for the next byte
// leaves it, from any depth, until there is one. So it takes its input in pieces, as they come from
// a network, without a state machine, a goroutine or a buffer of the whole.
//
//	echo '[1, {"a": [2, 3]}]  [4]' | go run ./examples/parser
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/stackful-go/stackful/coro"
)

func main() {
	if err := parseAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "parser:", err)
		os.Exit(1)
	}
}

// parseAll reads pieces of a few bytes, and prints each value when its last byte has come.
func parseAll(r io.Reader, w io.Writer) error {
	p := newParser(func(v any) { fmt.Fprintf(w, "%v\n", v) })
	defer p.close()
	piece := make([]byte, 7)
	for {
		n, err := r.Read(piece)
		if _, err := p.Write(piece[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return p.end()
		}
		if err != nil {
			return err
		}
	}
}

// A parser is an io.Writer that calls a function with each JSON value: arrays, objects, strings
// without escapes, and numbers.
type parser struct {
	feed *coro.Generator[input, struct{}]
	err  error // of the text; once it is set, feed has ended
}

// An input is the next byte, or the end.
type input struct {
	b     byte
	ended bool
}

func newParser(emit func(v any)) *parser {
	p := new(parser)
	p.feed = coro.NewGenerator(func(first input, yield func(struct{}) input) {
		s := &source{input: first, next: func() input { return yield(struct{}{}) }}
		p.err = s.values(emit)
	})
	return p
}

// Write feeds the parser.
func (p *parser) Write(text []byte) (int, error) {
	for i, b := range text {
		if _, more := p.feed.Send(input{b: b}); !more {
			return i, p.err
		}
	}
	return len(text), nil
}

// end tells the parser that nothing more comes.
func (p *parser) end() error {
	p.feed.Send(input{ended: true})
	return p.err
}

// close ends it in the middle, if that is where it is.
func (p *parser) close() { p.feed.Close() }

// A source is the parser's own side: the byte that it looks at, and how to get the next one.
type source struct {
	input
	next func() input // leaves the parser until there is another byte
}

var errSyntax = errors.New("not JSON")

func (s *source) advance() { s.input = s.next() }

func (s *source) skipSpace() {
	for !s.ended && (s.b == ' ' || s.b == '\n') {
		s.advance()
	}
}

// values parses to the end.
func (s *source) values(emit func(v any)) error {
	for {
		s.skipSpace()
		if s.ended {
			return nil
		}
		v, err := s.value()
		if err != nil {
			return err
		}
		emit(v)
	}
}

func (s *source) value() (any, error) {
	s.skipSpace()
	switch {
	case s.ended:
		return nil, io.ErrUnexpectedEOF
	case s.b == '[':
		var list []any
		err := s.list(']', func() error {
			v, err := s.value()
			list = append(list, v)
			return err
		})
		return list, err
	case s.b == '{':
		object := make(map[string]any)
		err := s.list('}', func() error {
			key, err := s.text()
			if err != nil {
				return err
			}
			if s.skipSpace(); s.ended || s.b != ':' {
				return errSyntax
			}
			s.advance()
			object[key], err = s.value()
			return err
		})
		return object, err
	case s.b == '"':
		return s.text()
	}
	return s.number()
}

// list parses what is between brackets, and the closing one.
func (s *source) list(closing byte, element func() error) error {
	s.advance()
	for first := true; ; first = false {
		switch s.skipSpace(); {
		case s.ended:
			return io.ErrUnexpectedEOF
		case s.b == closing:
			s.advance()
			return nil
		case !first && s.b != ',':
			return errSyntax
		case !first:
			s.advance()
		}
		if err := element(); err != nil {
			return err
		}
	}
}

func (s *source) text() (string, error) {
	if s.skipSpace(); s.ended || s.b != '"' {
		return "", errSyntax
	}
	var text []byte
	for s.advance(); !s.ended && s.b != '"'; s.advance() {
		text = append(text, s.b)
	}
	if s.ended {
		return "", io.ErrUnexpectedEOF
	}
	s.advance()
	return string(text), nil
}

func (s *source) number() (any, error) {
	var digits []byte
	for !s.ended && (s.b == '-' || s.b == '.' || '0' <= s.b && s.b <= '9') {
		digits = append(digits, s.b)
		s.advance()
	}
	v, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return nil, errSyntax
	}
	return v, nil
}

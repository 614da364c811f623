package simtest

import (
	"regexp"
	"strings"
)

// A pattern is that of -run: alternatives, each a list of regular expressions for the levels of tests and subtests.
type pattern []levels

type levels struct {
	first *regexp.Regexp
	rest  string // with the slash
}

// newPattern parses a pattern as package testing does: slashes and bars count outside of brackets and parentheses.
func newPattern(text string) (pattern, error) {
	var all pattern
	for _, alternative := range split(text, '|') {
		parts := split(alternative, '/')
		first, err := regexp.Compile(parts[0])
		if err != nil {
			return nil, err
		}
		all = append(all, levels{first, strings.TrimPrefix(alternative, parts[0])})
	}
	return all, nil
}

// forTest returns the pattern for a process that runs the test alone, and those of its subtests that match; empty if it
// does not match.
func (p pattern) forTest(name string) string {
	var all []string
	for _, l := range p {
		if l.first.MatchString(name) {
			all = append(all, "^"+name+"$"+l.rest)
		}
	}
	return strings.Join(all, "|")
}

// split splits text at sep.
func split(text string, sep byte) (parts []string) {
	square, round, begin := 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			square++
		case ']':
			square = max(square-1, 0)
		case '(':
			if square == 0 {
				round++
			}
		case ')':
			if square == 0 {
				round--
			}
		case '\\':
			i++
		case sep:
			if square == 0 && round == 0 {
				parts = append(parts, text[begin:i])
				begin = i + 1
			}
		}
	}
	return append(parts, text[begin:])
}

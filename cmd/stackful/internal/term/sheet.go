package term

import (
	"fmt"
	"io"
	"strings"
)

// A Sheet is text in columns. Cells are aligned right, but those of the columns
// named by Left.
type Sheet struct {
	Left string // for each column: 'l' or 'r'
	rows [][]string
}

// Row adds a row.
func (s *Sheet) Row(cells ...string) { s.rows = append(s.rows, cells) }

// Write writes the sheet, each line after indent.
func (s *Sheet) Write(w io.Writer, indent string) {
	var width []int
	for _, row := range s.rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], runes(cell))
		}
	}
	for _, row := range s.rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", width[i]-runes(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < len(s.Left) && s.Left[i] == 'l' {
				line.WriteString(cell + gap)
			} else {
				line.WriteString(gap + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(indent+line.String(), " "))
	}
}

// DropEmpty removes columns that hold nothing below their head.
func (s *Sheet) DropEmpty() {
	for col := len(s.rows[0]) - 1; col > 0; col-- {
		used := false
		for _, row := range s.rows[1:] {
			used = used || col < len(row) && row[col] != ""
		}
		if used {
			continue
		}
		for i, row := range s.rows {
			if col < len(row) {
				s.rows[i] = append(row[:col:col], row[col+1:]...)
			}
		}
	}
}

// runes is the width of s in columns: no text of the program has wide or combining characters.
func runes(s string) int { return len([]rune(s)) }

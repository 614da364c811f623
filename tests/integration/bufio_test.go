package integration

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller"
)

// A protocol of lines: the server answers each with its length.
func TestBufio_lines(t *testing.T) {
	for kind, newPair := range kinds {
		t.Run(kind, func(t *testing.T) {
			run(t, func() {
				a, b := newPair(t)
				defer a.Close()
				server := poller.Go(func() {
					defer b.Close()
					out := bufio.NewWriter(b)
					lines := bufio.NewScanner(b)
					for lines.Scan() {
						fmt.Fprintln(out, len(lines.Text()))
						check(out.Flush())
					}
					check(lines.Err())
				})
				c := bufio.NewReadWriter(bufio.NewReader(a), bufio.NewWriter(a))
				for n := range 2000 {
					fmt.Fprintln(c, strings.Repeat("x", n))
					check(c.Flush())
					if got := must(c.ReadString('\n')); got != fmt.Sprintln(n) {
						t.Fatalf("answer %q to a line of %d", got, n)
					}
				}
				check(a.Close())
				join(server)
			})
		})
	}
}

// bufio hands large transfers over to the connection's ReadFrom and WriteTo.
func TestBufio_copies(t *testing.T) {
	for kind, newPair := range kinds {
		t.Run(kind, func(t *testing.T) {
			run(t, func() {
				a, b := newPair(t)
				data := randomBytes(1, 8<<20)
				write := poller.Go(func() {
					defer a.Close()
					w := bufio.NewWriterSize(a, 3000)
					must(w.WriteString("head\n"))
					must(w.ReadFrom(bufio.NewReader(strings.NewReader(string(data)))))
					check(w.Flush())
				})
				r := bufio.NewReaderSize(b, 7000)
				if head := must(r.ReadString('\n')); head != "head\n" {
					t.Errorf("the first line is %q", head)
				}
				var got strings.Builder
				must(io.Copy(&got, r))
				if got.String() != string(data) {
					t.Errorf("%d bytes came, of %d, or wrong ones", got.Len(), len(data))
				}
				join(write)
				b.Close()
			})
		})
	}
}

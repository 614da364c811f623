package overlay

import (
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	for _, r := range [][2]string{{"/usr/local/go", "go1.26.8"}, {"/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.25.14.linux-amd64", "go1.25.14"}, {"/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64", "go1.27.4"}} {
		_, err := Files(Toolchain{r[0], r[1]})
		t.Log(err)
	}
	_ = os.Args
}

package fix

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// left is what stops the goroutine and has no function of the same type in package poller, with
// what to use in its place.
var left = map[string]string{
	"(*net.Dialer).Dial":               "poller.Dialer",
	"(*net.Dialer).DialContext":        "poller.Dialer",
	"(*net.ListenConfig).Listen":       "poller.ListenConfig",
	"(*net.ListenConfig).ListenPacket": "poller.ListenConfig",
	"net.DialTCP":                      `poller.Dial("tcp", ...)`,
	"net.DialUDP":                      `poller.Dial("udp", ...)`,
	"net.DialUnix":                     `poller.Dial("unix", ...)`,
	"net.ListenTCP":                    `poller.Listen("tcp", ...)`,
	"net.ListenUnix":                   `poller.Listen("unix", ...)`,
	"net.ListenUDP":                    `poller.ListenPacket("udp", ...)`,
	"net.ListenUnixgram":               `poller.ListenPacket("unixgram", ...)`,
}

// reportLeft reports the uses in f of what has no fix.
func reportLeft(pass *analysis.Pass, f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		fn, ok := pass.TypesInfo.Uses[id].(*types.Func)
		if !ok {
			return true
		}
		if instead := left[fn.FullName()]; instead != "" {
			pass.Report(analysis.Diagnostic{Pos: id.Pos(), End: id.End(), Category: Left,
				Message: fn.FullName() + " stops the goroutine with all its tasks (not changed: the types differ); use " + instead})
		}
		return true
	})
}

// becomes is, for the types of package net behind its interfaces, the type of package poller
// that takes its place.
var becomes = map[string]string{
	"TCPListener": "Listener", "UnixListener": "Listener",
	"TCPConn": "Conn", "UnixConn": "Conn",
	"UDPConn": "PacketConn", "IPConn": "PacketConn",
}

// reportAssertions reports type assertions, and cases of type switches, for types of package net.
func reportAssertions(pass *analysis.Pass, f *ast.File) {
	check := func(e ast.Expr) {
		if e == nil {
			return // of x.(type)
		}
		ptr, ok := types.Unalias(pass.TypesInfo.TypeOf(e)).(*types.Pointer)
		if !ok {
			return
		}
		named, ok := types.Unalias(ptr.Elem()).(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "net" {
			return
		}
		if ours := becomes[named.Obj().Name()]; ours != "" {
			pass.Report(analysis.Diagnostic{Pos: e.Pos(), End: e.End(), Category: Assertion,
				Message: "the type assertion to *net." + named.Obj().Name() + " fails for what package poller returns, a *poller." + ours +
					"; assert that, or an interface with the methods that are needed"})
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			check(n.Type)
		case *ast.TypeSwitchStmt:
			for _, clause := range n.Body.List {
				for _, e := range clause.(*ast.CaseClause).List {
					check(e)
				}
			}
		}
		return true
	})
}

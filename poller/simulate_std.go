package poller

import (
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/simnet"
)

// In a program in which package net is patched, the sockets that tasks of a simulation make by it are of its
// network.
func init() {
	simnet.InstallStd(func() *simnet.Net {
		if v := sched.VirtualHere(); v != nil {
			return v.World.(*Sim).net
		}
		return nil
	})
}

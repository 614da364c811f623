//go:build linux && !poller_std

package poller

import (
	"testing"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// The tests of everything above the selector, on kqueue.
func TestKqueue_suite(t *testing.T) {
	if _, err := sched.OrBackground(nil); err != nil { // it stays: let it be as usual
		t.Fatal(err)
	}
	defer func(all []string) { selector.Sys.Open, streamNetworks = selector.Open, all }(streamNetworks)
	streamNetworks = streamNetworks[:3] // those of package poller
	selector.Sys.Open = func() (selector.Selector, error) { return selector.OpenFakeKqueue(true) }
	for name, test := range map[string]func(t *testing.T){
		"halfClose":              TestConn_halfClose,
		"reset":                  TestConn_resetInBothDirections,
		"slowReader":             TestConn_slowReader,
		"outOfDescriptors":       TestListener_outOfDescriptors,
		"outOfDescriptorsReally": TestListener_outOfDescriptorsForReal,
		"closeWakes":             TestClose_wakes,
		"numberReused":           TestClose_numberReused,
		"deadline":               TestDeadline,
		"partialWrite":           TestDeadline_partialWrite,
		"twoAtOnce":              TestConn_twoAtOnce,
		"killedReader":           TestConn_killedReader,
		"waitReadable":           TestConn_waitReadable,
		"dialErrors":             TestDial_errors,
		"dialTimeout":            TestDial_timeout,
		"waitRead":               TestWaitRead,
		"waitReadSeveral":        TestWaitRead_several,
		"waitReadOfConn":         TestWaitRead_ofConn,
		"nettestForeignHubs":     TestNettest_foreignHubs,
	} {
		t.Run(name, test)
	}
}

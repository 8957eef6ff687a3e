package daemon

import (
	"fmt"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
)

// `watch xvrrp status` must not jump: what has not changed stands where it stood.
func TestTrackersKeepTheirOrder(t *testing.T) {
	d := &Daemon{trackers: &trackers{latest: map[tracked]control.TrackerStatus{}}}
	for _, kind := range []config.TrackKind{config.TrackScript, config.TrackFileValue} {
		for i := range 8 {
			id := tracked{kind, fmt.Sprint("t", i)}
			d.trackers.latest[id] = control.TrackerStatus{Kind: kind.String(), Name: id.name}
		}
	}
	var last control.TrackerStatus
	for i, s := range d.trackerStatus() {
		if i > 0 && s.Kind+" "+s.Name <= last.Kind+" "+last.Name {
			t.Errorf("%s %s stands behind %s %s", s.Kind, s.Name, last.Kind, last.Name)
		}
		last = s
	}
	if last.Name != "t7" {
		t.Errorf("the last one is %q", last.Name)
	}
}

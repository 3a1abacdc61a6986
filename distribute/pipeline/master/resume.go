package master

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// seek finds the checkpoints of an earlier program that was ended in the middle of this fit. Those that are damaged, and
// those of another fit than the one that the stages have begun, are given up, with the reason why it begins anew if there
// is none left.
func (t *training) seek() {
	t.sought, t.anew = true, "it had no checkpoint yet"
	var damaged []*damagedError
	var latest courseHead
	for _, c := range t.found() {
		head, at, wall, err := c.readCourse()
		var bad *damagedError
		if errors.As(err, &bad) {
			damaged = append(damaged, bad)
			t.saved.remove(saved{checkpoint: c})
			continue
		}
		if reason := t.differs(head); reason != "" {
			t.anew = reason
			t.saved.remove(saved{checkpoint: c})
			continue
		}
		stopping := t.start().stopping // whose patience is a setting
		stopping.Restore(at.stopping.State())
		at.stopping = stopping
		t.saved.all, latest, t.wall = append(t.saved.all, saved{c, at}), head, wall
	}
	for _, bad := range damaged {
		t.tellDamage(bad)
	}
	switch {
	case t.saved.last() != nil:
		t.continueReport(latest)
		t.anew = damagedAnew
	case len(damaged) > 0:
		t.anew = damagedAnew
	}
}

const damagedAnew = "its checkpoints are damaged"

// found are the checkpoints in the fit's folder, the oldest first. What was being written is removed.
func (t *training) found() []*checkpoint {
	entries, err := os.ReadDir(t.Dir)
	if err != nil {
		return nil // without a folder there are none
	}
	var all []*checkpoint
	for _, e := range entries {
		c := &checkpoint{dir: filepath.Join(t.Dir, e.Name()), fitID: t.ID}
		if strings.HasSuffix(e.Name(), partialSuffix) {
			t.saved.remove(saved{checkpoint: c})
			continue
		}
		number, is := strings.CutPrefix(e.Name(), stepPrefix)
		if c.step, err = strconv.Atoi(number); is && err == nil && e.IsDir() {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *checkpoint) int { return cmp.Compare(a.step, b.step) })
	return all
}

// differs says why a fit cannot go on from a checkpoint with what its stages have now; it is empty if it can.
func (t *training) differs(head courseHead) string {
	now := t.begun[0]
	switch {
	case head.RowsSum != now.RowsSum || head.OrderSum != now.OrderSum:
		return fmt.Sprintf("the rows have changed (checksum %s instead of %s)", now.RowsSum, head.RowsSum)
	case !slices.Equal(head.Cuts, t.cuts):
		return fmt.Sprintf("the layers are cut otherwise (at %v instead of %v)", t.cuts, head.Cuts)
	case head.Parameters != t.report.Parameters || len(head.Tracks) != len(t.tracks):
		return fmt.Sprintf("the network is another (%d parameters instead of %d)", t.report.Parameters, head.Parameters)
	}
	return ""
}

// continueReport goes on with the report of the earlier program.
func (t *training) continueReport(head courseHead) {
	t.report.Checkpoints, t.report.Bytes, t.report.Recoveries = head.Checkpoints, head.Bytes, head.Recoveries
	t.recovery.count, t.recovery.furthest, t.recovery.over = len(head.Recoveries), head.Step, true
	t.goneOn = head.Resumed
	for i, k := range head.Tracks {
		t.tracks[i] = stageTrack{k.Steps, k.Computing, k.Waiting, k.Wire, k.Sent, k.Received, k.Held}
	}
}

// continued tells, once the stages have begun a resumed fit, from where it goes on.
func (t *training) continued() {
	if !t.Resumed || t.told {
		return
	}
	t.told = true
	if t.at.step == 0 {
		t.BeginAnew(t.anew)
		return
	}
	t.goneOn = append(t.goneOn, t.GoOn(t.at.step+1))
}

// laterAttempt is the first attempt of a program that goes on with a fit: stages that have outlived the other program refuse
// attempts before its last.
func laterAttempt() int { return int(time.Now().Unix()) }

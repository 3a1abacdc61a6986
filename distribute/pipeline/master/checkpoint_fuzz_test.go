package master

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/cluster"
)

// A stage's file on disk is the part of the fit, stage and step that is wanted, or an error: never a
// part of another.
func FuzzStoredPart(f *testing.F) {
	for _, head := range []pipeline.State{
		{Version: 1, Begin: pipeline.BeginFrame{FitID: "f", Stage: 1}, Step: 4}, {Version: 1, Begin: pipeline.BeginFrame{FitID: "g", Stage: 1}, Step: 4},
		{Version: 1, Begin: pipeline.BeginFrame{FitID: "f"}, Step: -4, Training: true},
	} {
		frame, err := wire.Encode(nil, head, wire.Vector("parameters", []float64{1, 2}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame, 4)
		f.Add(frame[:len(frame)-3], 4)
	}
	f.Add([]byte{}, 0)
	dir := f.TempDir() // one target runs in one process at a time
	m := &cluster.Member{Name: "w2", Index: 1}
	f.Fuzz(func(t *testing.T, file []byte, step int) {
		c := &checkpoint{dir: dir, fitID: "f", step: step}
		if err := os.WriteFile(c.file(1), file, 0o600); err != nil {
			t.Fatal(err)
		}
		part, err := c.read(m)
		var damaged *damagedError
		if err != nil {
			if !errors.As(err, &damaged) || damaged.worker != "w2" || damaged.file != c.file(1) {
				t.Errorf("which worker, which file? %v", err)
			}
			return
		}
		var head pipeline.State
		if _, err := wire.Decode(file, &head); err != nil || !bytes.Equal(part, file) || head.Begin.FitID != "f" || head.Begin.Stage != 1 || step != head.Step {
			t.Errorf("accepted %+v for step %d, %v", head, step, err)
		}
	})
}

package master

import (
	"log/slog"
	"os"
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
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
		f.Add(frame[:len(frame)-3], -1)
	}
	f.Add([]byte{}, -1)
	dir := f.TempDir() // one target runs in one process at a time
	f.Fuzz(func(t *testing.T, file []byte, step int) {
		s := newStore(dir, slog.New(slog.DiscardHandler))
		c := &stored{dir: dir, reading: &s.reading}
		if err := os.WriteFile(c.file(1), file, 0o600); err != nil {
			t.Fatal(err)
		}
		at, err := c.check(1, "f", step)
		if err != nil {
			return
		}
		var head pipeline.State
		if _, err := wire.Decode(file, &head); err != nil || head.Begin.FitID != "f" || head.Begin.Stage != 1 || at != head.Step || step >= 0 && at != step {
			t.Errorf("accepted %+v at %d for step %d, %v", head, at, step, err)
		}
	})
}

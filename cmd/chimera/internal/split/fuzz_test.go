package split_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/split"
)

// A strategy comes back from how it is written; what is held out is a share or a number.
func FuzzOptions(f *testing.F) {
	for _, s := range append(split.Names(), "0.2", "100", "0", "dirichlet()", "size(1,nan)", "size(1e-320,0x1p-2)", "iid()", "1e-5", "-1", "dirichlet(1") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var refused *split.Error
		s, err := split.ParseStrategy(text)
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%T: %v", err, err)
		}
		if err == nil {
			if again, err := split.ParseStrategy(s.String()); err != nil || !reflect.DeepEqual(again, s) {
				t.Errorf("%q is %v, which is read as %v, %v", text, s, again, err)
			}
		}
		h, err := split.ParseHoldout(text)
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%T: %v", err, err)
		}
		if h.Rows < 0 || h.Share < 0 || h.Share >= 1 || h.Rows > 0 && h.Share > 0 {
			t.Errorf("%q holds out %+v", text, h)
		}
	})
}

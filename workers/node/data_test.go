package node

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/dataio"
)

func TestReading(t *testing.T) {
	o, err := Spec{Data: `{"target":"-1","delimiter":"\t","header":"no","missing":["","?"]}`}.reading()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dataio.Options{Target: "-1", Delimiter: "\t", Header: "no", Missing: []string{"", "?"}}, o); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if o, err := (Spec{Data: `{"missing":[]}`}).reading(); err != nil || o.Missing == nil || len(o.Missing) > 0 {
		t.Errorf("%+v, %v: an empty list is none", o, err)
	}
	if o, err := (Spec{}).reading(); err != nil || o.Target != "" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range []string{"{", `{"targett":"a"}`, `[]`} {
		if _, err := (Spec{Data: bad}).reading(); err == nil || !strings.Contains(err.Error(), "run go generate") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

package explanation

import (
	"fmt"
	"io"

	"github.com/gochimera/chimera/client"
)

// WriteStructure prints the clusters of a model, a line for each feature of their centers, or its components.
func WriteStructure(out io.Writer, a *client.Structure) error {
	t := newTables()
	if len(a.Clusters) > 0 {
		t.text("clusters of fit %s\n", a.FitID)
		head, weights := "FEATURE", "(weight)"
		for _, c := range a.Clusters {
			head += "\t" + string(c.Name)
			weights += fmt.Sprintf("\t%.6g", c.Weight)
		}
		t.line("%s", head)
		t.line("%s", weights)
		for j, f := range a.Features {
			line := f
			for _, c := range a.Clusters {
				line += fmt.Sprintf("\t%.6g", c.Center[j])
			}
			t.line("%s", line)
		}
		return t.to(out)
	}
	t.text("components of fit %s, of %d features\n", a.FitID, len(a.Features))
	t.line("COMPONENT\tEXPLAINED VARIANCE\tTOGETHER")
	together := 0.0
	for k, share := range a.Components {
		together += share
		t.line("%d\t%.4f\t%.4f", k+1, share, together)
	}
	return t.to(out)
}

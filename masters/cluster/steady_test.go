package cluster

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/prepare/table"
)

// An explanation compares answers of one model and the same workers: it starts again if another fit or other workers answer, and gives up if
// that does not end.
func TestExplanationsStartAgainIfWhoAnswersChanges(t *testing.T) {
	c := &Cluster{Log: slog.New(slog.DiscardHandler), setup: Setup{Config: &config.Config{}}}
	one, two := &Member{Name: "w1"}, &Member{Name: "w2"}
	rows := Rows{table.Rows{Columns: []string{"a"}, X: mat.NewDense(1, 1, nil)}}
	for _, tt := range []struct {
		name    string
		answers func(n int) *Prediction // the n-th prediction, from 0
		asked   int
		says    string // of the problem; empty if it works
	}{
		{"nothing changes", func(int) *Prediction { return &Prediction{Model: Model{FitID: "f"}, Members: []*Member{one, two}} }, 4, ""},
		{"a fit in between", func(n int) *Prediction {
			if n < 2 {
				return &Prediction{Model: Model{FitID: "f"}}
			}
			return &Prediction{Model: Model{FitID: "g"}}
		}, 3 + 4, ""},
		{"a worker dies in between", func(n int) *Prediction {
			if n < 3 {
				return &Prediction{Members: []*Member{one, two}}
			}
			return &Prediction{Members: []*Member{two}}
		}, 4 + 4, ""},
		{"fits without end", func(n int) *Prediction { return &Prediction{Model: Model{FitID: strings.Repeat("f", n+1)}} }, 2 * mostMoves,
			"fit ffffff was put into service in place of fffff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			o := Operations{Do: func(context.Context, Rows) (*Prediction, error) {
				asked++
				return tt.answers(asked - 1), nil
			}}
			got, err := steadily(t.Context(), c, o, func(s *steady) (string, error) {
				for range 4 {
					if _, err := s.predict(t.Context(), rows); err != nil {
						return "", err
					}
				}
				return s.first.Model.FitID, nil
			})
			if asked != tt.asked {
				t.Errorf("%d predictions, want %d", asked, tt.asked)
			}
			var p *api.Problem
			switch {
			case tt.says == "" && (err != nil || got != tt.answers(asked-1).Model.FitID):
				t.Errorf("%q, %v", got, err)
			case tt.says != "" && (!errors.As(err, &p) || p.Code != api.CodeStarting || !strings.Contains(p.Detail, tt.says)):
				t.Error(err)
			}
		})
	}
}

package inference

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
)

// Format is a form of answers.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case CSV, JSON:
		return f, nil
	default:
		return "", fmt.Errorf("--format: want csv or json, got %q", s)
	}
}

// Sink takes answers batch by batch.
type Sink interface {
	Write(p *client.Prediction) error
	Close() error // writes the end; it does not close the file
}

// NewSink writes answers to out. CSV has a column prediction, and one per class
// named probability_<class> if they are asked for; JSON is a list of objects,
// {"prediction": ..., "probability": {...}}. Of a decomposition CSV has a column per
// component, component_1 and so on, and JSON {"components": [...]}.
func NewSink(out io.Writer, f Format, probabilities bool) Sink {
	buffered := bufio.NewWriter(out)
	if f == JSON {
		return &jsonSink{out: buffered, probabilities: probabilities}
	}
	return &csvSink{out: csv.NewWriter(buffered), buffered: buffered, probabilities: probabilities}
}

// rows is the number of rows answered.
func rows(p *client.Prediction) int { return max(p.Y.Len(), len(p.Labels)) }

// value is row i's answer, as JSON.
func value(p *client.Prediction, i int) any {
	switch {
	case p.Labels != nil:
		return p.Labels[i]
	case p.Y.Labels != nil:
		return p.Y.Labels[i]
	default:
		return p.Y.Values[i]
	}
}

type csvSink struct {
	out           *csv.Writer
	buffered      *bufio.Writer
	probabilities bool
	begun         bool
}

// Write adds rows.
func (s *csvSink) Write(p *client.Prediction) error {
	withProba := s.probabilities && p.Proba.Dense != nil
	if !s.begun {
		if err := s.out.Write(header(p, withProba)); err != nil {
			return err
		}
		s.begun = true
	}
	for i := range rows(p) {
		var record []string
		var more []float64
		switch {
		case p.Components.Dense != nil:
			more = p.Components.RawRowView(i)
		case withProba:
			record, more = []string{text(value(p, i))}, p.Proba.RawRowView(i)
		default:
			record = []string{text(value(p, i))}
		}
		for _, v := range more {
			record = append(record, number(v))
		}
		if err := s.out.Write(record); err != nil {
			return err
		}
	}
	s.out.Flush()
	if err := s.out.Error(); err != nil {
		return err
	}
	return s.buffered.Flush()
}

// header are the names of the columns.
func header(p *client.Prediction, withProba bool) []string {
	var names []string
	if p.Components.Dense != nil {
		_, components := p.Components.Dims()
		for c := range components {
			names = append(names, "component_"+strconv.Itoa(c+1))
		}
		return names
	}
	names = append(names, "prediction")
	if withProba {
		for _, c := range p.Classes {
			names = append(names, "probability_"+string(c))
		}
	}
	return names
}

// Close has nothing to add.
func (s *csvSink) Close() error { return nil }

func text(v any) string {
	if l, ok := v.(learner.Label); ok {
		return string(l)
	}
	return number(v.(float64))
}

// number is the shortest text that reads as v.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

type jsonSink struct {
	out           *bufio.Writer
	probabilities bool
	begun         bool
}

// Write adds rows.
func (s *jsonSink) Write(p *client.Prediction) error {
	for i := range rows(p) {
		between := ",\n "
		if !s.begun {
			between, s.begun = "[\n ", true
		}
		row := struct {
			Prediction  any                `json:"prediction,omitzero"`
			Probability map[string]float64 `json:"probability,omitempty"`
			Components  []float64          `json:"components,omitempty"`
		}{}
		if p.Components.Dense != nil {
			row.Components = p.Components.RawRowView(i)
		} else {
			row.Prediction = value(p, i)
		}
		if v, ok := row.Prediction.(float64); ok && math.IsNaN(v) {
			row.Prediction = json.RawMessage("null")
		}
		if s.probabilities && p.Proba.Dense != nil {
			row.Probability = make(map[string]float64, len(p.Classes))
			for c, v := range p.Proba.RawRowView(i) {
				row.Probability[string(p.Classes[c])] = v
			}
		}
		b, err := json.Marshal(row)
		if err != nil {
			return err
		}
		if _, err := s.out.WriteString(between + string(b)); err != nil {
			return err
		}
	}
	return s.out.Flush()
}

// Close ends the list.
func (s *jsonSink) Close() error {
	end := "\n]\n"
	if !s.begun {
		end = "[]\n"
	}
	if _, err := s.out.WriteString(end); err != nil {
		return err
	}
	return s.out.Flush()
}

package node

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gochimera/chimera/internal/dataio"
)

// reading is how the training files are read, as the spec says.
func (s Spec) reading() (dataio.Options, error) {
	var o dataio.Options
	if s.Data == "" {
		return o, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s.Data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, fmt.Errorf("what the worker's main says of its files, in Data, cannot be read: %w; run go generate", err)
	}
	return o, nil
}

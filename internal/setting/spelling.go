package setting

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Spelled is the JSON text of a value with every number in its shortest form, 5.0 as 5, where the
// schema takes one kind of number, so that the spelling is no part of the meaning. Where the schema
// takes several kinds, such as a count or a share, the text stays as it was written.
func Spelled(schema map[string]any, text json.RawMessage) json.RawMessage {
	if !bytes.ContainsAny(text, ".eE") {
		return text
	}
	switch schema["type"] {
	case "integer", "number":
		return shortest(text)
	case "array":
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return text
		}
		for i, item := range items {
			items[i] = Spelled(object(schema["items"]), item)
		}
		if written, err := json.Marshal(items); err == nil {
			return written
		}
	}
	return text
}

// shortest is a whole number without point or exponent; any other text stays as it is.
func shortest(text json.RawMessage) json.RawMessage {
	trimmed := bytes.TrimSpace(text)
	f, err := strconv.ParseFloat(string(trimmed), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 || f == 0 && trimmed[0] == '-' {
		return text
	}
	return strconv.AppendFloat(nil, f, 'f', -1, 64)
}

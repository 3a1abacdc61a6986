package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// A JSON file of a store ends with its own checksum: its last field is the SHA-256 of all bytes before that
// field, so that every altered byte is found, while people and programs can read it like any other.
const (
	sealBegin = ",\n  \"sha256\": \""
	sealEnd   = "\"\n}\n"
	sealSize  = len(sealBegin) + 2*sha256.Size + len(sealEnd)
)

// maxJSON bounds a manifest, whose losses may be many.
const maxJSON = 256 << 20

// seal writes a struct, with at least one field, as the text of a file.
func seal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	body, ok := bytes.CutSuffix(text, []byte("\n}"))
	if !ok {
		return nil, fmt.Errorf("%T has no fields", v)
	}
	if len(body)+sealSize > maxJSON {
		return nil, fmt.Errorf("%d bytes are more than the %d that a file may have", len(body)+sealSize, maxJSON)
	}
	return append(body, sealOf(body)...), nil
}

// sealOf is what follows a body.
func sealOf(body []byte) string {
	sum := sha256.Sum256(body)
	return sealBegin + hex.EncodeToString(sum[:]) + sealEnd
}

// unseal decodes the text of a file, after it has compared its checksum.
func unseal(text []byte, into any) error {
	body, err := opened(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// opened is the JSON of a file without its checksum, which is right.
func opened(text []byte) ([]byte, error) {
	switch {
	case len(text) == 0:
		return nil, errors.New("the file is empty")
	case len(text) <= sealSize || !bytes.HasSuffix(text, []byte(sealEnd)):
		return nil, errors.New("the file does not end with its checksum: it was cut off, or altered")
	}
	body, end := text[:len(text)-sealSize], text[len(text)-sealSize:]
	if string(end) != sealOf(body) {
		return nil, errors.New("its checksum is not that of what was stored: the file was altered, or cut off")
	}
	return append(bytes.Clone(body), "\n}"...), nil
}

package wire

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// usualHeader reads a header that is written byte by byte as Encode does it,
// which takes a small part of the time of any JSON. It reports false for all
// others, good or bad: those are for headerDecoder.
func usualHeader(head []byte, count int, meta any) ([]Array, bool) {
	at := bytes.LastIndex(head, []byte(headerArrays))
	if at < len(headerMeta) || string(head[:len(headerMeta)]) != headerMeta || count > maxArrays {
		return nil, false
	}
	arrays := make([]Array, 0, count)
	rest := head[at+len(headerArrays):]
	for i := range count {
		var a Array
		if i > 0 && !step(&rest, ",") {
			return nil, false
		}
		if !usualLayout(&rest, &a) {
			return nil, false
		}
		arrays = append(arrays, a)
	}
	if string(rest) != "]}" {
		return nil, false
	}
	// What is before the list is the metadata, if it is one JSON value: the list might begin
	// within a string of it.
	text := head[len(headerMeta):at]
	if meta == nil {
		return arrays, json.Valid(text)
	}
	return arrays, json.Unmarshal(text, meta) == nil
}

func usualLayout(rest *[]byte, a *Array) bool {
	if !step(rest, headerName) {
		return false
	}
	end := slices.IndexFunc(*rest, func(c byte) bool { return c == '"' || c == '\\' || c < 0x20 || c > 0x7e })
	if end < 0 {
		return false
	}
	a.Name, *rest = string((*rest)[:end]), (*rest)[end:]
	if !step(rest, headerType) {
		return false
	}
	switch {
	case step(rest, string(F8)):
		a.DType = F8
	case step(rest, string(F4)):
		a.DType = F4
	case step(rest, string(I8)):
		a.DType = I8
	default:
		return false
	}
	if !step(rest, headerShape) {
		return false
	}
	a.Shape = []int{}
	for !step(rest, "]}") {
		if len(a.Shape) == maxDims || len(a.Shape) > 0 && !step(rest, ",") {
			return false
		}
		end := slices.IndexFunc(*rest, func(c byte) bool { return c < '0' || c > '9' })
		if end < 1 || end > 1 && (*rest)[0] == '0' {
			return false
		}
		n, err := strconv.Atoi(string((*rest)[:end]))
		if err != nil {
			return false
		}
		a.Shape, *rest = append(a.Shape, n), (*rest)[end:]
	}
	return true
}

// step goes on behind text if that is what comes.
func step(rest *[]byte, text string) bool {
	after, ok := bytes.CutPrefix(*rest, []byte(text))
	if ok {
		*rest = after
	}
	return ok
}

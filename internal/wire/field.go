package wire

// Field is the value of a field of a JSON object, as it stands in body; nil if
// there is no such field. It reads what DecodePredict reads, NaN included, and its error is a
// *BodyError as there.
func Field(body []byte, name string) ([]byte, error) {
	s := scanner{b: body}
	if s.peek() != '{' {
		return nil, s.broken("a JSON object")
	}
	var found []byte
	for more := s.open('}'); more; {
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		value, err := s.skip()
		if err != nil {
			return nil, err
		}
		if key == name {
			found = value
		}
		if more, err = s.next('}'); err != nil {
			return nil, err
		}
	}
	return found, nil
}

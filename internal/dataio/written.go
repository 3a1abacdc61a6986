package dataio

import "errors"

// Written is the training data in a folder, to be read as it is written.
type Written struct {
	Features *Source
	Target   *Source // of one column; nil if the features' file has the target too
	At       int     // the target's column in Features; -1 if it has a file of its own
}

// OpenTraining opens what [ReadTraining] reads. The error is an *Error.
func OpenTraining(dir string, o Options) (*Written, error) {
	files, err := findTraining(dir, o)
	if err != nil {
		return nil, err
	}
	w := &Written{At: -1}
	if files.target == "" {
		if w.Features, err = openAs(files.features, "the features and the target", o, false); err != nil {
			return nil, err
		}
		if w.At, err = w.Features.find(o.Target); err != nil {
			return nil, errors.Join(err, w.Close())
		}
		return w, nil
	}
	if w.Features, err = openAs(files.features, "the features, one column each", o, true); err != nil {
		return nil, err
	}
	if w.Target, err = OpenTargets(files.target, o, w.Features); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if n := len(w.Target.Columns()); n != 1 {
		err := &Error{File: files.target, Reason: "want one column, the target, and found several"}
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Close closes the files.
func (w *Written) Close() error {
	if w.Target == nil {
		return w.Features.Close()
	}
	return errors.Join(w.Features.Close(), w.Target.Close())
}

// Name is the file's name, as errors have it.
func (s *Source) Name() string { return s.name }

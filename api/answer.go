package api

import (
	"bytes"

	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// AppendJSON appends what marshal, the function of a JSON library, makes of the response. It writes long lists once, to where they
// belong; libraries read and copy what MarshalJSON returns, which takes longer than to write it.
func (r PredictResponse) AppendJSON(dst []byte, marshal func(any) ([]byte, error)) ([]byte, error) {
	short := r
	short.Y, short.Labels, short.Proba, short.Components = YRows{}, nil, ProbaRows{}, ProbaRows{}
	text, err := marshal(short)
	if err != nil {
		return nil, err
	}
	label := func(l learner.Label) ([]byte, error) { return marshal(l) } // some libraries have their own way with some letters
	const name = `{"y_pred_rows":`
	others, found := bytes.CutPrefix(text, []byte(name+"[]"))
	if !found { // the struct has another first field
		text, err = marshal(r)
		return append(dst, text...), err
	}
	dst = append(dst, name...)
	if r.Y.Labels != nil {
		dst, err = r.Y.Labels.appendTo(dst, label)
	} else {
		dst, err = wire.AppendList(dst, r.Y.Values)
	}
	if err == nil && r.Labels != nil {
		dst, err = r.Labels.appendTo(append(dst, `,"y_pred_labels":`...), label)
	}
	if err == nil && r.Proba.Dense != nil {
		dst, err = wire.AppendMatrix(append(dst, `,"y_pred_proba":`...), r.Proba.Dense)
	}
	if err == nil && r.Components.Dense != nil {
		dst, err = wire.AppendMatrix(append(dst, `,"y_pred_components":`...), r.Components.Dense)
	}
	if err != nil {
		return nil, err
	}
	return append(dst, others...), nil
}

package xgboost

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
)

// Options say how a model is written.
type Options struct {
	// Prepared: the model takes the prepared features instead of the columns, under the names of the features.
	Prepared bool
}

// Write writes a model whose members are forests. The error is an *export.Error if the model cannot be expressed, else
// that of w.
func Write(w io.Writer, m *export.Model, o Options) error {
	if o.Prepared {
		m = m.OfFeatures()
	}
	doc, err := documentOf(m)
	if err != nil {
		return err
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write the model as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// document is XGBoost's JSON. Numbers of parameters are strings there.
type document struct {
	Learner booster `json:"learner"`
	Version [3]int  `json:"version"`
}

type booster struct {
	Attributes      map[string]string `json:"attributes"`
	FeatureNames    []string          `json:"feature_names"`
	FeatureTypes    []string          `json:"feature_types"`
	GradientBooster gradientBooster   `json:"gradient_booster"`
	Params          learnerParams     `json:"learner_model_param"`
	Objective       objective         `json:"objective"`
}

type gradientBooster struct {
	Model gbtree `json:"model"`
	Name  string `json:"name"`
}

type gbtree struct {
	Params   gbtreeParams `json:"gbtree_model_param"`
	TreeInfo []int        `json:"tree_info"` // the output of each tree
	Trees    []tree       `json:"trees"`
}

type gbtreeParams struct {
	NumParallelTree string `json:"num_parallel_tree"`
	NumTrees        string `json:"num_trees"`
	SizeLeafVector  string `json:"size_leaf_vector"`
}

type learnerParams struct {
	BaseScore        string `json:"base_score"`
	BoostFromAverage string `json:"boost_from_average"`
	NumClass         string `json:"num_class"`
	NumFeature       string `json:"num_feature"`
	NumTarget        string `json:"num_target"`
}

type objective struct {
	Name   string            `json:"name"`
	Params map[string]string `json:"reg_loss_param"`
}

func documentOf(m *export.Model) (*document, error) {
	parts, err := m.Parts()
	if err != nil {
		return nil, err
	}
	if m.Combine == export.Vote {
		return nil, &export.Error{Reason: "its members vote, and a vote is no sum of trees: write it as ONNX, or fit it with combine: mean"}
	}
	cells, err := cellsOf(m)
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(len(m.Classes))
	doc := &document{Version: [3]int{1, 7, 4}, Learner: booster{
		Attributes: map[string]string{}, FeatureNames: namesOf(m.Columns()), FeatureTypes: slices.Repeat([]string{"float"}, len(m.Columns())),
		GradientBooster: gradientBooster{Name: "gbtree"},
		Params: learnerParams{
			BaseScore: "0E0", BoostFromAverage: "0", NumClass: "0", NumFeature: strconv.Itoa(len(m.Columns())), NumTarget: strconv.Itoa(len(outputs)),
		},
		Objective: objective{Name: "reg:squarederror", Params: map[string]string{"scale_pos_weight": "1"}},
	}}
	if err := doc.Learner.attribute(m); err != nil {
		return nil, err
	}
	model := &doc.Learner.GradientBooster.Model
	for k, of := range outputs { // all trees of an output side by side: one round of a forest, so that ranges of rounds mean it whole
		trees, err := sumOf(parts, of, cells)
		if err != nil {
			return nil, err
		}
		for _, one := range trees {
			one.ID, one.Params.NumFeature = len(model.Trees), doc.Learner.Params.NumFeature
			model.Trees, model.TreeInfo = append(model.Trees, one), append(model.TreeInfo, k)
		}
	}
	model.Params = gbtreeParams{
		NumParallelTree: strconv.Itoa(len(model.Trees) / len(outputs)), NumTrees: strconv.Itoa(len(model.Trees)), SizeLeafVector: "0",
	}
	return doc, nil
}

// sumOf are the trees whose leaves add up to one output. XGBoost adds float32, tree after tree, so the sum is kept small as long
// as possible: what a tree answers at the middle of its leaves is taken out of it, and added at the end by one tree that is
// a leaf alone. With the leaves of many trees alike, that also keeps them from being rounded in the same direction.
func sumOf(parts []export.Part, of int, cells []cell) ([]tree, error) {
	var trees []tree
	base := 0.0
	for _, p := range parts {
		f := p.Forest
		if f == nil {
			return nil, &export.Error{Member: p.Member, Reason: "it is no forest, and XGBoost has trees only: write it as ONNX"}
		}
		if f.Link != learner.IdentityLink {
			return nil, &export.Error{Member: p.Member, Reason: fmt.Sprintf("its answers are not sums of leaves (link %s): write it as ONNX", f.Link)}
		}
		if f.Base != nil {
			base += p.Share * f.Base[of]
		}
		for i, one := range f.Trees {
			middle := middleOf(one, of, f.Outputs)
			written, err := treeOf(one, cells, func(leaf []float64) float64 { return p.Share * f.Scale * (leaf[of] - middle) }, f.Outputs)
			if err != nil {
				return nil, &export.Error{Member: p.Member, Reason: fmt.Sprintf("tree %d: %v", i, err)}
			}
			base += p.Share * f.Scale * middle
			trees = append(trees, written)
		}
	}
	leaf := learner.DecisionTree{Nodes: []learner.TreeNode{{Feature: -1}}, Values: []float64{base}}
	last, err := treeOf(leaf, cells, func(leaf []float64) float64 { return leaf[0] }, 1)
	if err != nil {
		return nil, &export.Error{Reason: err.Error()}
	}
	return append(trees, last), nil
}

// middleOf is the mean of one number over a tree's leaves.
func middleOf(t learner.DecisionTree, of, outputs int) float64 {
	middle, leaves := 0.0, 0.0
	for _, n := range t.Nodes {
		if n.Leaf() {
			leaves++
			middle += (t.Values[n.Answer*outputs+of] - middle) / leaves
		}
	}
	return middle
}

// outputsOf are which of a leaf's numbers the outputs are: of two classes the second alone.
func outputsOf(classes int) []int {
	if classes == 2 {
		return []int{1}
	}
	all := make([]int, max(classes, 1))
	for k := range all {
		all[k] = k
	}
	return all
}

// attribute notes what the booster has no place for.
func (b *booster) attribute(m *export.Model) error {
	notes := map[string]any{}
	if m.Classes != nil {
		notes["classes"] = m.Classes
	}
	if !slices.Equal(b.FeatureNames, m.Columns()) {
		notes["columns"] = m.Columns()
	}
	for key, v := range notes {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("note the %s: %w", key, err)
		}
		b.Attributes[key] = string(data)
	}
	if m.Name != "" {
		b.Attributes["name"] = m.Name
	}
	if m.Threshold != 0 {
		b.Attributes["threshold"] = strconv.FormatFloat(m.Threshold, 'g', -1, 64)
	}
	return nil
}

// namesOf replaces what XGBoost does not allow in a name, and keeps names distinct.
func namesOf(columns []string) []string {
	allowed := strings.NewReplacer("[", "(", "]", ")", "<", "(")
	names, taken := make([]string, len(columns)), map[string]bool{}
	for _, c := range columns {
		if allowed.Replace(c) == c {
			taken[c] = true
		}
	}
	for i, c := range columns {
		names[i] = c
		if name := allowed.Replace(c); name != c {
			names[i] = name
			for n := 2; taken[names[i]]; n++ {
				names[i] = fmt.Sprintf("%s#%d", name, n)
			}
			taken[names[i]] = true
		}
	}
	return names
}

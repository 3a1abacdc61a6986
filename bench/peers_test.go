package bench_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// peersEnv names a file of peers' timings, taken on this machine.
const peersEnv = "CHIMERA_BENCH_PEERS"

// peersFile is such a file: seconds by work and peer.
type peersFile struct {
	About   string                        `json:"about"`
	Seconds map[string]map[string]float64 `json:",embed"`
}

// works are the names that a file of timings may use; README.md says what
// each stands for.
var works = []string{
	"bagging_fit_diabetes", "bagging_predict_1", "bagging_predict_100", "bagging_predict_10000",
	"bernoulli_nb_diabetes",
	"boosting_diabetes", "boosting_heart",
	"csv_diabetes", "csv_heart",
	"forest_classifier_diabetes", "forest_regressor_heart",
	"gaussian_nb_diabetes",
	"json_10000x21_integers", "json_10000x34_long",
	"knn_brute_10000x10000x10", "knn_kd_tree_10000x10000x10",
	"lda_diabetes", "linear_regression_heart", "logistic_regression_diabetes", "ridge_heart",
	"mlp_epoch_20000x784", "mlp_epoch_digits", "multinomial_nb_diabetes",
	"qda_diabetes",
	"tree_diabetes_full", "tree_diabetes_small", "tree_heart_full", "tree_heart_small",
}

func readPeers(path string) (map[string]map[string]float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", peersEnv, err)
	}
	var file peersFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf(`%s: it must look like {"ridge_heart": {"scikit-learn": 0.05}}, in seconds: %w`, path, err)
	}
	for _, work := range slices.Sorted(maps.Keys(file.Seconds)) {
		if !slices.Contains(works, work) {
			return nil, fmt.Errorf("%s: nothing here measures %q, only %s", path, work, strings.Join(works, ", "))
		}
		for _, peer := range slices.Sorted(maps.Keys(file.Seconds[work])) {
			if len(strings.Fields(peer)) != 1 || strings.TrimSpace(peer) != peer {
				return nil, fmt.Errorf("%s: %s: the peer's name %q must be one word, since it heads a column", path, work, peer)
			}
			if s := file.Seconds[work][peer]; s <= 0 {
				return nil, fmt.Errorf("%s: %s: %s took %v seconds, and must have taken more than 0", path, work, peer, s)
			}
		}
	}
	return file.Seconds, nil
}

// besidePeers reports the ratio of ours, the time of one run, to that of each
// peer of the file of timings, if there is a file.
func besidePeers(b *testing.B, work string, ours time.Duration) {
	b.Helper()
	if !slices.Contains(works, work) {
		b.Fatalf("%s is missing in the list of works", work)
	}
	path := os.Getenv(peersEnv)
	if path == "" {
		return
	}
	seconds, err := readPeers(path)
	if err != nil {
		b.Fatal(err)
	}
	for peer, theirs := range seconds[work] {
		b.ReportMetric(ours.Seconds()/theirs, peer+"-ratio")
	}
}

// perRun is the time of one run of a benchmark that measures nothing else.
func perRun(b *testing.B) time.Duration {
	b.Helper()
	return b.Elapsed() / time.Duration(b.N)
}

func TestPeersExample(t *testing.T) {
	seconds, err := readPeers("peers.example.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := seconds["knn_brute_10000x10000x10"]["scikit-learn"]; got != 0.26 {
		t.Errorf("%v s for brute force, want 0.26", got)
	}
}

func TestReadmeNamesTheWorks(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, work := range works {
		if !strings.Contains(string(text), "`"+work+"`") {
			t.Errorf("README.md does not name %s", work)
		}
	}
}

func TestPeersRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", `seconds: 1`, "must look like"},
		{"a list", `[1]`, "must look like"},
		{"text for seconds", `{"ridge_heart": {"scikit-learn": "fast"}}`, "/ridge_heart/scikit-learn"},
		{"seconds without a peer", `{"ridge_heart": 0.05}`, "/ridge_heart"},
		{"given twice", `{"ridge_heart": {"R": 1, "R": 2}}`, `duplicate object member name "R"`},
		{"unknown work", `{"ridge_hart": {"R": 1}}`, `nothing here measures "ridge_hart"`},
		{"a name of two words", `{"ridge_heart": {"base R": 1}}`, "one word"},
		{"no name", `{"ridge_heart": {"": 1}}`, "one word"},
		{"no time", `{"ridge_heart": {"R": 0}}`, "more than 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "peers.json")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := readPeers(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want the path and %q", err, c.want)
			}
		})
	}
	if _, err := readPeers(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v for no file", err)
	}
}

package mastertest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// Exchange is a request that was sent to the Python package, and its answer.
type Exchange struct {
	Section string            `json:"section"`
	Name    string            `json:"name"`
	Node    string            `json:"node"` // master or worker1
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Status  int               `json:"status"`
	Answer  string            `json:"answer"`
}

// Ask sends a captured request to the same kind of node as the original.
func (c *Cluster) Ask(t *testing.T, e Exchange) (*http.Response, []byte) {
	t.Helper()
	base := c.Master.URL
	if n, ok := strings.CutPrefix(e.Node, "worker"); ok {
		base = "http://" + c.Workers[int(n[0]-'1')].Address
	}
	var body io.Reader = http.NoBody
	if e.Body != "" {
		body = strings.NewReader(e.Body)
	}
	req, err := http.NewRequestWithContext(t.Context(), e.Method, base+e.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	if e.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range e.Headers {
		req.Header.Del(k)
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, raw
}

// CompareProblem checks that an error answer of the Python package is an error answer here too, with
// the same fields and, if the workers are at fault, the same message.
func CompareProblem(t *testing.T, e Exchange, res *http.Response, raw []byte) {
	t.Helper()
	if res.StatusCode < 400 {
		t.Fatalf("%d %s\nwant an error as with the Python package: %d %s", res.StatusCode, raw, e.Status, e.Answer)
	}
	if e.Method == http.MethodHead {
		return
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	p := Decode[api.Problem](t, string(raw))
	if p.Message == "" || p.Details.ErrorMessage == "" || p.Details.ErrorCode != res.StatusCode || p.Code == "" {
		t.Errorf("an incomplete problem: %s", raw)
	}
	if e.Status == 404 || e.Status == 405 {
		if res.StatusCode != e.Status || (e.Status == 405 && res.Header.Get("Allow") == "") {
			t.Errorf("%d %v, want %d", res.StatusCode, res.Header, e.Status)
		}
	}
	var python struct{ Message string }
	_ = json.Unmarshal([]byte(e.Answer), &python) // some are plain text
	if strings.Contains(e.Name, "before fit") || strings.Contains(e.Name, "all workers down") {
		// the name of the class is scikit-learn's, ours is the learner's
		want := strings.NewReplacer("DecisionTreeRegressor", "tree-regressor", "SGDRegressor", "sgd-regressor").Replace(python.Message)
		if p.Message != want && !strings.HasPrefix(want, "HTTPConnectionPool") { // words of its HTTP library
			t.Errorf("message %q, want %q", p.Message, want)
		}
	}
}

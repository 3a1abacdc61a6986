package telemetrytest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector takes spans, as an OpenTelemetry collector does.
type Collector struct {
	URL string

	mu  sync.Mutex
	all []*Span
}

// Span is what a collector is told of a piece of work.
type Span struct {
	Trace, ID, Parent, State string
	Name, Service, Instance  string
	Begin                    uint64 // nanoseconds
	Attributes               map[string]string
	Failed                   bool
	Reason                   string
}

// NewCollector starts a collector.
func NewCollector(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Error(err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf") // and an empty message, which says that all is well
	}))
	t.Cleanup(s.Close)
	c.URL = s.URL
	return c
}

func (c *Collector) take(r *http.Request) (err error) {
	if r.URL.Path != "/v1/traces" {
		return fmt.Errorf("spans were sent to %s", r.URL.Path)
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(r.Body); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var request collectorpb.ExportTraceServiceRequest
	if err := proto.Unmarshal(text, &request); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range request.GetResourceSpans() {
		about := texts(of.GetResource().GetAttributes())
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.all = append(c.all, &Span{
					Trace: digits(s.GetTraceId()), ID: digits(s.GetSpanId()), Parent: digits(s.GetParentSpanId()), State: s.GetTraceState(), Name: s.GetName(),
					Service: about["service.name"], Instance: about["service.instance.id"], Begin: s.GetStartTimeUnixNano(),
					Attributes: texts(s.GetAttributes()),
					Failed:     s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR, Reason: s.GetStatus().GetMessage(),
				})
			}
		}
	}
	return nil
}

// texts are attributes by their names.
func texts(list []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range list {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = fmt.Sprint(v.IntValue)
		default:
		}
	}
	return all
}

// Traces are the spans by their traces, in the order in which they began.
func (c *Collector) Traces() map[string][]*Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string][]*Span{}
	for _, s := range c.all {
		all[s.Trace] = append(all[s.Trace], s)
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b *Span) int { return int(a.Begin) - int(b.Begin) })
	}
	return all
}

// Roots are the names of the spans that are part of nothing.
func (c *Collector) Roots() (names []string) {
	for _, list := range c.Traces() {
		for _, s := range list {
			if s.Parent == "" {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// ByID is the span with an ID; nil if there is none.
func (c *Collector) ByID(id string) *Span {
	for _, list := range c.Traces() {
		for _, s := range list {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}

// Only is the span of the master's of this name, of which there must be one.
func (c *Collector) Only(t *testing.T, name string) (found *Span) {
	t.Helper()
	for _, list := range c.Traces() {
		for _, s := range list {
			if s.Name != name || s.Service != "chimera-master" {
				continue
			}
			if found != nil {
				t.Fatalf("two spans %s", name)
			}
			found = s
		}
	}
	if found == nil {
		t.Fatalf("no span %s; traces begin with %s", name, strings.Join(c.Roots(), ", "))
	}
	return found
}

// Child is the first span of this name that is part of another.
func (c *Collector) Child(t *testing.T, of *Span, name string) *Span {
	t.Helper()
	var names []string
	for _, s := range c.Traces()[of.Trace] {
		if s.Parent == of.ID {
			if s.Name == name {
				return s
			}
			names = append(names, s.Name)
		}
	}
	t.Fatalf("no span %s is part of %s; there are %v", name, of.Name, names)
	return nil
}

func digits(b []byte) string { return hex.EncodeToString(b) }

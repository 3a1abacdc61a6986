package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// Every call needs to know the master's kind first. A call whose question hangs delays no other and
// ends with its own context; once the master has answered, no call asks again.
func TestCallersDoNotWaitForEachOther(t *testing.T) {
	var asked atomic.Int32
	hanging := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathStatus, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			close(hanging)
			<-r.Context().Done()
			return
		}
		if err := json.NewEncoder(w).Encode(api.MasterStatus{Master: "aggregation"}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST "+api.PathsOf("aggregation").Fit, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"fit_id":"1"}`))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	patient, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	first := make(chan error, 1)
	go func() {
		_, err := c.Fit(patient)
		first <- err
	}()
	<-hanging
	for range 2 {
		if fit, err := c.Fit(t.Context()); err != nil || fit.FitID != "1" {
			t.Fatalf("%+v, %v", fit, err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the master was asked %d times what it is, want 2", n)
	}
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first got %v", err)
	}
}

// A master of an unknown kind is called at the paths that follow from its name.
func TestAnyKindOfMaster(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathStatus, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"master":"leave-one-out"}`))
	})
	mux.HandleFunc("POST /v1/chimera/leave-one-out/fit", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"fit_id":"1"}`))
	})
	mux.HandleFunc("POST /v1/chimera/leave-one-out/predict", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"y_pred_rows":[2.5]}`))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if fit, err := c.Fit(t.Context()); err != nil || fit.FitID != "1" {
		t.Errorf("fit: %+v, %v", fit, err)
	}
	if p, err := c.Predict(t.Context(), []string{"a"}, mat.NewDense(1, 1, []float64{1})); err != nil || p.Y.Len() != 1 {
		t.Errorf("predict: %+v, %v", p, err)
	}
}

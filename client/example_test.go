package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// A program selects the events it handles by their types in package api.
func ExampleClient_Events() {
	c, err := client.New(exampleMaster())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	err = c.Events(context.Background(), func(happened client.Event) bool {
		switch e := happened.Event.(type) {
		case api.FitStartedEvent:
			fmt.Println("started with", e.Workers)
		case api.StepEvent:
			fmt.Printf("step %d of at most %d, loss %g\n", e.Step, e.MaxIter, *e.Loss) // which a parameter server knows
		case api.WorkerFailedEvent:
			fmt.Println("without", e.Failure.Worker, "because", e.Failure.Reason)
		case api.UnknownEvent: // of a kind of master that this program does not know
			fmt.Printf("%s: %s\n", e.Name, e.Data)
		case api.FitCommittedEvent:
			fmt.Println("the new model serves")
			return false
		}
		return true
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// started with [a b]
	// without b because it has no rows
	// step 1 of at most 100, loss 0.5
	// votes_counted: {"votes":3}
	// the new model serves
}

// exampleMaster is the address of a master that sends one fit's events.
func exampleMaster() string {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `id: 1
event: fit_started
data: {"fit_id":"1","workers":["a","b"]}

id: 2
event: worker_failed
data: {"fit_id":"1","failure":{"worker":"b","reason":"it has no rows"}}

id: 3
event: step
data: {"fit_id":"1","step":1,"max_iter":100,"loss":0.5}

id: 4
event: votes_counted
data: {"votes":3}

id: 5
event: fit_committed
data: {"fit_id":"1"}

`)
	})).URL
}

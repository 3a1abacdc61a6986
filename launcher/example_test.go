package launcher_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gochimera/chimera/launcher"
)

// Two workers in this process; a real factory would come from package workers.
func ExampleInProcess() {
	l := launcher.InProcess{New: func(_ context.Context, w launcher.Worker, _ *slog.Logger) (http.Handler, io.Closer, error) {
		return worker(w.Name, w.Hash, 0), nil, nil // answers health and ready
	}}
	ctx := context.Background()
	fleet, err := l.Launch(ctx, launcher.Plan{Workers: []launcher.Worker{{Name: "tree1"}, {Name: "tree2"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range fleet.Endpoints() {
		fmt.Println(e.Name, strings.HasPrefix(e.URL, "http://127.0.0.1:"))
	}
	fmt.Println(fleet.Stop(ctx))
	// Output:
	// tree1 true
	// tree2 true
	// <nil>
}

func ExampleExit_String() {
	fmt.Println(launcher.Exit{Worker: "tree1", Code: 1, LastWords: "X_train.csv:3: \"abc\" is not a number"})
	fmt.Println(launcher.Exit{Worker: "tree2", Code: -1, Signal: "killed"})
	// Output:
	// worker tree1 ended with exit status 1; its last words:
	//   X_train.csv:3: "abc" is not a number
	// worker tree2 was ended by a signal (killed) and said nothing
}

func ExampleEvent_String() {
	for _, e := range []launcher.Event{
		{Kind: launcher.Building},
		{Kind: launcher.Building, Worker: "tree1", Detail: "worker 1 of 2: tree1, tree-classifier"},
		{Kind: launcher.Built, Elapsed: 750e6},
		{Kind: launcher.Started, Worker: "tree1", URL: "http://127.0.0.1:40001"},
		{Kind: launcher.Loading, Worker: "tree1"},
		{Kind: launcher.Ready, Worker: "tree1", URL: "http://127.0.0.1:40001", Elapsed: 120e6},
		{Kind: launcher.Retrying, Worker: "far", Detail: "attempt 1 of 5", Err: io.EOF},
		{Kind: launcher.Down, Worker: "far", Err: io.EOF},
		{Kind: launcher.Stopping},
		{Kind: launcher.Stopped, Elapsed: 10e6},
	} {
		fmt.Println(e)
	}
	// Output:
	// building the workers
	// building worker 1 of 2: tree1, tree-classifier
	// built the workers in 0.75 s
	// worker tree1 listens on http://127.0.0.1:40001
	// worker tree1 loads its data
	// worker tree1 is ready on http://127.0.0.1:40001 after 0.12 s
	// worker far does not answer yet (attempt 1 of 5): EOF
	// worker far cannot be reached and is left out: EOF
	// stopping the workers
	// stopped the workers in 0.01 s
}

package chimera_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

// With log_format: json every line of the terminal and of the files is an object, and what is logged within a fit, at all levels,
// names its run: in the master, in the calls to its workers, and in the workers, which name themselves, the step, and the request for the fit as
// well.
func TestJSONLogs(t *testing.T) {
	t.Setenv("CHIMERA_LOG", "debug")
	const dies = "endpoints: {max_retries: 1}\nworkers:\n- name: worker1\n- {name: worker2, faults: {die_at: 3}}\n"
	type line struct {
		Level, Message, Node, Worker string
		Step                         int
	}
	for _, tt := range []struct {
		name   string
		master func() masters.Master
		yaml   string
		want   []line // within the fit, beside others
	}{
		{
			"aggregation", func() masters.Master { return masters.NewAggregation() }, "learner: mlp-regressor\nparams: {max_iter: 2}\nworkers: 2\n",
			[]line{
				{"WARN", "training ended at max_iter before the loss settled", "", "worker2", 0},
				{"INFO", "fitted", "", "worker1", 0},
				{"WARN", "a worker's fit did not converge", "master", "worker1", 0},
			},
		},
		{
			"parameter server", func() masters.Master { return masters.NewParameterServer() },
			"master: parameter-server\nlearner: sgd-regressor\nparameter_server: {max_iter: 4, quorum: 1, recovery_timeout: 0s}\n" + dies,
			[]line{
				{"INFO", "taking part in a fit", "", "worker1", 0},
				{"WARN", "ending, as faults.die_at asks", "", "worker2", 3},
				{"DEBUG", "retrying a request to a worker", "master", "worker2", 3},
				{"WARN", "a worker is down", "master", "worker2", 3},
				{"WARN", "a step is missing a worker's rows", "master", "worker2", 3},
			},
		},
		{
			"pipeline", func() masters.Master { return masters.NewPipeline() },
			"master: pipeline\nlearner: mlp-regressor\npipeline: {max_iter: 4, recovery_timeout: 1ms}\n" + dies,
			[]line{
				{"INFO", "taking part in a fit", "", "worker2", 0},
				{"WARN", "ending, as faults.die_at asks", "", "worker2", 3},
				{"WARN", "a worker is down", "master", "worker2", 3},
				{"WARN", "a stage is lost; waiting until it is back", "master", "worker2", 3},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			lastingKinds()[tt.master().Kind()].write(t, dir, 1)
			put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: inprocess\nlog_format: json\n"+tt.yaml)
			var all output
			before, after := 0, 0
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := chimera.Run(tt.master(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&all, &all),
				chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
					before = len(all.String())
					if _, err := up.Master.Fit(ctx); err != nil {
						t.Log(err) // the pipeline cannot go on without a stage
					}
					after = len(all.String())
					cancel()
					return nil
				}))
			if err != nil {
				t.Fatalf("%v\n%s", err, all.String())
			}
			text := all.String()
			objects(t, "the terminal", text)
			missing := map[line]bool{}
			for _, want := range tt.want {
				missing[want] = true
			}
			requests := map[string]bool{}
			for _, o := range objects(t, "the fit", text[before:after]) {
				run, _ := o["run"].(string)
				worker, _ := o["worker"].(string)
				node, _ := o["node"].(string)
				step, _ := o["step"].(float64)
				if run == "" || node == "" && worker == "" {
					t.Errorf("a line within the fit does not say which run it is about, or who wrote it: %v", o)
				}
				request, _ := o["request"].(string)
				if node == "" { // a master finds out by itself, too, that a worker is down
					requests[request] = true
				}
				delete(missing, line{fmt.Sprint(o["level"]), fmt.Sprint(o["msg"]), node, worker, int(step)})
			}
			if len(requests) != 1 || requests[""] {
				t.Errorf("the workers' lines are about the requests %v, want the one for the fit", requests)
			}
			for want := range missing {
				t.Errorf("no line within the fit is %+v", want)
			}
			if t.Failed() {
				t.Log(text)
			}
			for _, name := range []string{"chimera_status.log", "chimera_logs/worker1.log", "chimera_logs/worker2.log"} {
				kept, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if len(objects(t, name, string(kept))) == 0 {
					t.Errorf("%s is empty", name)
				}
			}
		})
	}
}

// objects are the lines of a log, each of which has to be one object with a time, a level and a message.
func objects(t *testing.T, name, text string) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil || o["time"] == nil || o["level"] == nil || o["msg"] == nil {
			t.Errorf("%s has a line that is no object of a log (%v): %s", name, err, line)
			continue
		}
		list = append(list, o)
	}
	return list
}

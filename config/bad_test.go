package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
)

// Every kind of mistake, with the message that it gets, word for word.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		yaml string
		want []string
	}{
		{"empty", "", []string{
			`c.yaml:1:1: workers: no workers; list them, or give their number: workers: 2`,
		}},
		{"not a mapping", "- a\n", []string{
			`c.yaml:1:1: want a mapping of settings, got a list`,
		}},
		{"plain text", "hello\n", []string{
			`c.yaml:1:1: want a mapping of settings, got "hello"`,
		}},
		{"unclosed bracket", "packages: [a\nworkers: 3\n", []string{
			`c.yaml:2:1: not YAML: ',' or ']' must be specified`,
		}},
		{"tab", "network:\n\tname: x\n", []string{
			`c.yaml:2:1: not YAML: found character '<tab>' that cannot start any token; indent with spaces`,
		}},
		{"two values", "workers: 2: 3\n", []string{
			`c.yaml:1:10: not YAML: mapping value is not allowed in this context`,
		}},
		{"not UTF-8", "project: \xff\n", []string{
			`c.yaml:1:1: the file is not UTF-8 text`,
		}},
		{"names of hosts", "workers: 2\nlearner: tree-classifier\naccess: {hosts: [gpu1.example.org, \"http://gpu1\"]}\n", []string{
			`c.yaml:3:36: access.hosts[1]: want a host's name, got "http://gpu1"`,
		}},
		{"nested beyond reason", "packages: " + strings.Repeat("[", 100), []string{
			`c.yaml:1:43: nested more than 32 levels deep`,
		}},
		{"too large", strings.Repeat("#", 256<<10+1), []string{
			`c.yaml:1:1: the file is larger than 256KiB`,
		}},
		{"two documents", "workers: 2\n---\nworkers: 3\n", []string{
			`c.yaml:3:1: a second YAML document; a configuration is one document: remove the --- line`,
		}},
		{"anchors, aliases, merge keys and tags", `
params: &shared {max_depth: 3}
learner: !!str tree-classifier
workers:
  - name: a
    params: *shared
    <<: *shared
`, []string{
			`c.yaml:2:9: params: an anchor (&) is not supported here; write the value out; what workers share belongs to the top level`,
			`c.yaml:3:10: learner: a tag (!) is not supported here; write the value out; what workers share belongs to the top level`,
			`c.yaml:6:13: workers[0].params: an alias (*) is not supported here; write the value out; what workers share belongs to the top level`,
			`c.yaml:7:5: workers[0]: this kind of key is not supported here; a key is plain text`,
		}},
		{"unknown keys, at every level", `
projct: a
learner: tree-classifier
workers:
  - nam: a
    name: b
network:
  mask: 24
`, []string{
			`c.yaml:2:1: projct: unknown setting; did you mean "project"?`,
			`c.yaml:5:5: workers[0].nam: unknown setting; did you mean "name"?`,
			`c.yaml:8:3: network.mask: unknown setting; did you mean "subnet_mask"?`,
		}},
		{"given twice", `
learner: tree-classifier
workers: 2
learner: tree-classifier
params: {max_depth: 1, max_depth: 2}
`, []string{
			`c.yaml:4:1: learner: given twice; the first is on line 2`,
			`c.yaml:5:24: params.max_depth: given twice; the first is on line 5`,
		}},
		{"wrong types", `
project: [a]
launcher: 5
seed: -1
packages: centroid
bootstrap: yes
learner: tree-classifier
network: chimera
endpoints: {port: 80.5, timeout: soon, max_retries: "3"}
limits: {max_body: [1]}
workers:
  - name: 1
    weight: heavy
    port: 99999999999999999999
    cpus: .inf
    memory: much
`, []string{
			`c.yaml:2:10: project: want lower-case letters, digits and inner hyphens, at most 63, got a list`,
			`c.yaml:3:11: launcher: want one of process, inprocess, docker, swarm, external, kubernetes, got 5`,
			`c.yaml:4:7: seed: want a whole number >= 0, got -1`,
			`c.yaml:5:11: packages: want a list of text, got "centroid"`,
			`c.yaml:6:12: bootstrap: want true or false, got "yes"`,
			`c.yaml:8:10: network: want a mapping of settings, got "chimera"`,
			`c.yaml:9:19: endpoints.port: want a whole number, got 80.5`,
			`c.yaml:9:34: endpoints.timeout: want a duration such as 100s or 1m30s, or a number of seconds, got "soon"`,
			`c.yaml:9:53: endpoints.max_retries: want a whole number, got "3"`,
			`c.yaml:10:20: limits.max_body: want a size, got a list`,
			`c.yaml:12:11: workers[0].name: want lower-case letters, digits and inner hyphens, at most 63, got 1; put it in quotes if it is meant as text`,
			`c.yaml:13:13: workers[0].weight: want a number, got "heavy"`,
			`c.yaml:14:11: workers[0].port: want a whole number, got 99999999999999999999; the number is out of range`,
			`c.yaml:15:11: workers[0].cpus: want a number, got .inf`,
			`c.yaml:16:13: workers[0].memory: want a size such as 64MiB, or a number of bytes, got "much"`,
		}},
		{"out of limits", `
project: My Project
master: agregation
launcher: podman
learner: Tree_Classifier
aggregation: {combine: men, quorum: 0}
endpoints: {host: "a b", port: 0, timeout: -1s, max_retries: 101}
limits: {max_body: 1, body_read_timeout: 0, max_requests: 0, rate: -1, burst: 0}
network: {name: "-x", prefix: 192.168.256, subnet_mask: 33}
workers:
  - {name: Tree_1, weight: 0, port: 70000, cpu_shares: 1, cpus: -1, memory: 5MB}
`, []string{
			`c.yaml:2:10: project: want lower-case letters, digits and inner hyphens, at most 63, got "My Project"; did you mean "my-project"?`,
			`c.yaml:3:9: master: want one of aggregation, parameter-server, pipeline, summation, got "agregation"; did you mean "aggregation"?`,
			`c.yaml:4:11: launcher: want one of process, inprocess, docker, swarm, external, kubernetes, got "podman"`,
			`c.yaml:5:10: learner: want lower-case words joined by hyphens, got "Tree_Classifier"`,
			`c.yaml:6:24: aggregation.combine: want one of mean, median, vote, weighted, got "men"; did you mean "mean"?`,
			`c.yaml:6:37: aggregation.quorum: want >= 1, got 0`,
			`c.yaml:7:19: endpoints.host: want an IP address or a host's name, got "a b"`,
			`c.yaml:7:32: endpoints.port: want >= 1 and <= 65535, got 0`,
			`c.yaml:7:44: endpoints.timeout: want > 0, got -1s`,
			`c.yaml:7:62: endpoints.max_retries: want >= 0 and <= 100, got 101`,
			`c.yaml:8:20: limits.max_body: want >= 1KiB, got 1B`,
			`c.yaml:8:42: limits.body_read_timeout: want > 0, got 0s`,
			`c.yaml:8:59: limits.max_requests: want >= 1 and <= 1000000, got 0`,
			`c.yaml:8:68: limits.rate: want >= 0 and <= 1000000, got -1`,
			`c.yaml:8:79: limits.burst: want >= 1 and <= 1000000, got 0`,
			`c.yaml:9:17: network.name: want letters, digits, and inner dots, hyphens and underscores, at most 64, got "-x"`,
			`c.yaml:9:31: network.prefix: want three numbers from 0 to 255 such as 192.168.10, got "192.168.256"`,
			`c.yaml:9:57: network.subnet_mask: want >= 0 and <= 32, got 33`,
			`c.yaml:11:12: workers[0].name: want lower-case letters, digits and inner hyphens, at most 63, got "Tree_1"; did you mean "tree-1"?`,
			`c.yaml:11:28: workers[0].weight: want > 0 and <= 1e9, got 0`,
			`c.yaml:11:37: workers[0].port: want >= 0 and <= 65535, got 70000`,
			`c.yaml:11:56: workers[0].cpu_shares: want >= 2 and <= 262144, got 1`,
			`c.yaml:11:65: workers[0].cpus: want >= 0 and <= 1024, got -1`,
			`c.yaml:11:77: workers[0].memory: want >= 6MiB, got 5MB`,
		}},
		{"no workers", "workers: []\n", []string{
			`c.yaml:1:10: workers: want at least 1 and at most 1000, got 0`,
		}},
		{"far too many workers", "workers: 2000000000\n", []string{
			`c.yaml:1:10: workers: want 1 to 1000 workers, got 2000000000`,
		}},
		{"one worker, not a list", "workers: {name: a}\n", []string{
			`c.yaml:1:10: workers: want a list of workers, or their number, got a mapping; begin each worker with a hyphen: - name: worker1`,
		}},
		{"workers without names", `
learner: tree-classifier
workers:
  - port: 8081
  - tree
  -
`, []string{
			`c.yaml:4:5: workers[0].name: missing; every worker needs a name`,
			`c.yaml:5:5: workers[1]: want a mapping of settings, got "tree"`,
			`c.yaml:6:5: workers[2].name: missing; every worker needs a name`,
		}},
		{"what must be unique", `
launcher: external
workers:
  - {name: a, port: 8081, url: "http://h:1"}
  - {name: a, port: 8081, url: "http://h:1/"}
`, []string{
			`c.yaml:5:12: workers[1].name: a is already the name of workers[0]; each worker needs its own`,
			`c.yaml:5:21: workers[1].port: 8081 is already the port of workers[0]; each worker needs its own`,
			`c.yaml:5:32: workers[1].url: http://h:1 is already the url of workers[0]; each worker needs its own`,
		}},
		{"hostile names", `
learner: tree-classifier
workers:
  - name: ../../etc
  - name: "a/b"
  - name: "a\nb"
  - name: "a\"); panic(\""
  - name: vendor
  - name: com1
  - name: ` + strings.Repeat("x", 64) + `
`, []string{
			`c.yaml:4:11: workers[0].name: want lower-case letters, digits and inner hyphens, at most 63, got "../../etc"; did you mean "etc"?`,
			`c.yaml:5:11: workers[1].name: want lower-case letters, digits and inner hyphens, at most 63, got "a/b"; did you mean "a-b"?`,
			`c.yaml:6:11: workers[2].name: want lower-case letters, digits and inner hyphens, at most 63, got "a\nb"; did you mean "a-b"?`,
			`c.yaml:7:11: workers[3].name: want lower-case letters, digits and inner hyphens, at most 63, got "a\"); panic(\""; did you mean "a-panic"?`,
			`c.yaml:8:11: workers[4].name: "vendor" cannot be the name of a folder with a Go program; choose another`,
			`c.yaml:9:11: workers[5].name: "com1" cannot be the name of a folder with a Go program; choose another`,
			`c.yaml:10:11: workers[6].name: want lower-case letters, digits and inner hyphens, at most 63, got ` +
				`"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."; did you mean "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"?`,
		}},
		{"urls", `
launcher: external
workers:
  - {name: a, url: "host:8081"}
  - {name: b, url: "http://h/?x=1"}
  - {name: c}
`, []string{
			`c.yaml:4:20: workers[0].url: want a URL such as http://host:8081, got "host:8081"`,
			`c.yaml:5:20: workers[1].url: want a URL without ? and #, got "http://h/?x=1"; the workers' paths are appended to it`,
			`c.yaml:6:5: workers[2].url: missing: the launcher is external, which starts nothing; say where the worker runs, as in url: http://host:8081`,
		}},
		{"a url for a launcher that starts workers", `
learner: tree-classifier
workers: [{name: a, url: "http://h:1"}]
`, []string{
			`c.yaml:3:26: workers[0].url: the launcher is process, which starts the workers itself; remove the url, or set launcher: external`,
		}},
		{"inprocess without a learner", `
launcher: inprocess
workers: [{name: a}]
`, []string{
			`c.yaml:3:11: workers[0].learner: missing: the inprocess launcher cannot run a main of the worker's own; name a learner, or set launcher: process`,
		}},
		{"quorum above the number of workers", `
learner: tree-classifier
workers: 2
aggregation: {quorum: 3}
`, []string{
			`c.yaml:4:23: aggregation.quorum: want at most the number of workers, which is 2, got 3`,
		}},
		{"an invalid network", `
learner: tree-classifier
workers: 2
network: {prefix: 192.168.1, subnet_mask: 16}
`, []string{
			`c.yaml:4:43: network.subnet_mask: 192.168.1.0 is not the first address of a network of 16 bits, which is 192.168.0.0`,
		}},
		{"a network too small for Docker", `
learner: tree-classifier
launcher: docker
workers: 6
network: {subnet_mask: 29}
`, []string{
			`c.yaml:5:24: network.subnet_mask: 192.168.10.0/29 has addresses for 5 workers, and there are 6`,
		}},
		{"unknown learners", `
learner: tree-clasifier
workers:
  - name: a
  - name: b
  - {name: c, learner: zzz}
`, []string{
			`c.yaml:2:10: learner: unknown learner "tree-clasifier"; did you mean "tree-classifier"?`,
			`c.yaml:6:24: workers[2].learner: unknown learner "zzz"; one of linear-regression, tree-classifier, tree-regressor`,
		}},
		{"bad parameters, where they were written", `
learner: tree-classifier
params:
  max_depth: -1
  max_dept: 3
workers:
  - name: a
  - name: b
    params: {criterion: foo}
  - name: c
    learner: tree-classifier
    params: {ccp_alpha: x}
  - name: d
    params: {max_depth: 1, max_dept: 1}
`, []string{
			`c.yaml:4:14: params.max_depth: want >= 0, got -1`,
			`c.yaml:5:3: params.max_dept: unknown parameter; did you mean "max_depth"?`,
			`c.yaml:9:25: workers[1].params.criterion: want one of gini, entropy, got foo`,
			`c.yaml:12:25: workers[2].params.ccp_alpha: want a number, got "x"`,
			`c.yaml:14:28: workers[3].params.max_dept: unknown parameter; did you mean "max_depth"?`,
		}},
		{"bad items and numbers in parameters", `
workers:
  - name: a
    learner: linear-regression
    params:
      sizes: [1, 0]
      alpha: 1e999
`, []string{
			`c.yaml:6:18: workers[0].params.sizes[1]: want at least 1 items and each >= 1, got 0`,
			`c.yaml:7:14: workers[0].params.alpha: want a finite number, got 1e999`,
		}},
		{"parameters without a learner", `
params: {max_depth: 3}
workers:
  - name: a
  - {name: b, params: {alpha: 1}}
`, []string{
			`c.yaml:2:9: params: these are for the default learner, and there is none; name it with learner:, or move them to the workers`,
			`c.yaml:5:23: workers[1].params: there is no learner for them; name it with learner:`,
		}},
		{"a learner that the master cannot train", `
master: parameter-server
learner: tree-classifier
workers: 2
`, []string{
			`c.yaml:3:10: learner: a parameter-server master cannot train tree-classifier: it has no gradient; these can: linear-regression`,
		}},
		{"a learner without layers, and none that has", `
master: pipeline
learner: linear-regression
workers: 2
`, []string{
			`c.yaml:3:10: learner: a pipeline master cannot train linear-regression: it has no layers to cut`,
		}},
		{"two tasks", `
learner: tree-classifier
workers:
  - name: a
  - {name: b, learner: tree-regressor}
`, []string{
			`c.yaml:5:24: workers[1].learner: tree-regressor is for regression, but tree-classifier of worker a is for classification; the workers of one ` +
				`model have one task`,
		}},
		{"a vote on numbers", `
learner: tree-regressor
workers: 2
aggregation: {combine: vote}
`, []string{
			`c.yaml:4:24: aggregation.combine: vote is for classifiers, but the workers' learners are for regression; use mean, median or weighted`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(c.yaml), config.Options{Catalogue: learners()})
			var errs config.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("the error is %T (%v), want config.Errors", err, err)
			}
			if diff := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Error("(-want +got)", diff)
			}
		})
	}
}

func TestErrorsUnwrap(t *testing.T) {
	_, err := config.Parse("c.yaml", []byte("projct: a\nworkers: 0\n"), config.Options{})
	var first *config.Error
	if !errors.As(err, &first) {
		t.Fatalf("%T holds no *config.Error", err)
	}
	want := config.Error{File: "c.yaml", Line: 1, Column: 1, Field: "projct", Problem: "unknown setting", Hint: `did you mean "project"?`}
	if diff := cmp.Diff(want, *first); diff != "" {
		t.Error("(-want +got)", diff)
	}
}

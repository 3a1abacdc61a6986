# The same verbs as .ci/run, one at a time. `make` lists them.
.PHONY: help build test race lint generate bench fuzz chaos kills soak swarm kubernetes ci

help: ## list the verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build everything, with and without cgo
	CGO_ENABLED=1 go build ./...
	CGO_ENABLED=0 go build ./...

test: ## run the tests
	go test ./...

race: ## run the tests with the race detector, shuffled
	go test -race -shuffle=on ./...

lint: ## vet and lint; golangci-lint v2 must be on the path
	go vet ./...
	golangci-lint run ./...

generate: ## bring the generated files up to date
	go generate ./...

bench: ## measure, beside named alternatives
	go test -run '^$$' -bench . ./bench/...

fuzz: ## run every fuzz target on 200,000 inputs; what fails stays in its testdata
	go run ./internal/gate fuzz 200000x ./...

chaos: ## run 60 seeds of faults under traffic; see the package
	go test -count=1 ./chaos -run 'TestChaos$$' -seeds 60 -timeout 30m

kills: ## kill -9 of masters, workers and both at 100 points of progress; see the package
	go test -count=1 ./chaos -run 'TestKills$$' -kills 100 -timeout 30m

swarm: ## let every fault of launcher/swarm's tests strike masters of each kind, on two Docker engines, with the race detector
	go test -race -count=1 -v ./launcher/swarm -faults -timeout 60m

soak: ## run two masters for half an hour, and look for what grows
	go test -count=1 -v ./chaos -run TestSoak -soak 30m -timeout 40m

kubernetes: ## try launcher: kubernetes on a real control plane and two real nodes; see launcher/kubernetes/realcluster
	cd launcher/kubernetes && go test -count=1 -v ./realcluster -cluster -timeout 40m

ci: ## the whole gate
	.ci/run

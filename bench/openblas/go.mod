module github.com/gochimera/chimera/bench/openblas

go 1.26.0

replace github.com/gochimera/chimera => ../..

require (
	github.com/gochimera/chimera v0.0.0-00010101000000-000000000000
	gonum.org/v1/gonum v0.17.0
	gonum.org/v1/netlib v0.0.0-20230729102104-8b8060e7531f
)

require golang.org/x/sys v0.49.0 // indirect

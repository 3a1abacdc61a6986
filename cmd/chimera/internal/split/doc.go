// Package split deals the rows of a data set out to workers, and holds rows out
// for a test.
//
// A file may be larger than memory: it is read twice, once to count and once to
// copy. Rows are copied as they are written, digit by digit, and keep their
// order within a worker. Which row goes where depends on the seed, the
// strategy and the counts alone.
//
// The strategies are those of the literature on federated learning: even
// ones (contiguous, iid, stratified), and uneven ones that make the workers'
// rows unlike (dirichlet: Hsu, Qi and Brown 2019; size: quantity skew), beside
// replicate, which gives everyone everything, for workers that share the
// layers of one network.
//
// The room imports the learner contract, internal/dataio, internal/atomicfile
// and internal/filelock; it knows no project.
package split

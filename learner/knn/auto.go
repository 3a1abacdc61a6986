package knn

// useTree is what auto goes by: whether a kd-tree over n rows of width values
// finds neighbours faster than brute force.
//
// A tree leaves rows out only if there are enough of them to cut the box in two in
// every direction and then some. On normal and whole-numbered rows, 100 to
// 100,000 of them with 2 to 14 columns, and with vector instructions, it was the
// faster one from about 2^(1.5 columns) rows on: 64 rows of 4 columns, 512 of 6, 4,096
// of 8, 32,768 of 10. Well inside that it is up to fifty times faster, well
// outside up to four times slower.
func useTree(n, width int) bool { return n>>max(5, 3*width/2) > 0 }

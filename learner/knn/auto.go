package knn

// useTree is what auto goes by: whether a kd-tree over n rows of width values
// finds neighbours faster than brute force.
//
// A tree leaves rows out only if there are enough of them to cut the box in two in
// every direction and then some. On normal, uniform and whole-numbered rows,
// 100 to 100,000 of them with 1 to 30 columns, it was the faster one from
// about 2^(columns + 4) rows on: 300 rows of 4 columns, 1,000 of 6, 3,000 of 8,
// 16,000 of 10, 100,000 of 13. Well inside that it is up to a hundred times
// faster, well outside up to four times slower.
func useTree(n, width int) bool { return n>>4>>width > 0 }

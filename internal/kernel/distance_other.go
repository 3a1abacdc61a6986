//go:build !amd64

package kernel

func (d Distance) nearAVX2(rows []Panel, q []float64, limit float64, dst []float64) uint64 {
	return d.nearPlain(rows, q, limit, dst)
}

func (d Distance) near4AVX2(rows []Panel, queries []float64, limits *[4]float64, dst *[4]Panel) int {
	return d.near4Plain(rows, queries, limits, dst)
}

func (d Distance) gapsAVX2(bounds []Panel, q []float64, gaps *Panel) {
	*gaps = d.gapsPlain(bounds, q)
}

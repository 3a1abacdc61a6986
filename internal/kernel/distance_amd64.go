package kernel

// The assembly checks no bounds; its callers in distance.go do.

func (d Distance) nearAVX2(rows []Panel, q []float64, limit float64, dst []float64) uint64 {
	panels, width := len(dst)/Lanes, len(q)
	if d == Squares {
		return nearSquares(panels, width, &rows[0], &q[0], limit, &dst[0])
	}
	return nearAbsolutes(panels, width, &rows[0], &q[0], limit, &dst[0])
}

func (d Distance) near4AVX2(rows []Panel, queries []float64, limits *[4]float64, dst *[4]Panel) int {
	width := len(queries) / 4
	panels := len(rows) / width
	if d == Squares {
		return near4Squares(panels, width, &rows[0], &queries[0], limits, dst)
	}
	return near4Absolutes(panels, width, &rows[0], &queries[0], limits, dst)
}

func (d Distance) gapsAVX2(bounds []Panel, q []float64, gaps *Panel) {
	if d == Squares {
		gapsSquares(len(q), &bounds[0], &q[0], gaps)
		return
	}
	gapsAbsolutes(len(q), &bounds[0], &q[0], gaps)
}

// nearSquares is Near for 1 to 16 panels and a width of at least 1.
//
//go:noescape
func nearSquares(panels, width int, rows *Panel, q *float64, limit float64, dst *float64) uint64

//go:noescape
func nearAbsolutes(panels, width int, rows *Panel, q *float64, limit float64, dst *float64) uint64

// near4Squares is Near4 for at least one panel and a width of at least 1.
//
//go:noescape
func near4Squares(panels, width int, rows *Panel, queries *float64, limits *[4]float64, dst *[4]Panel) int

//go:noescape
func near4Absolutes(panels, width int, rows *Panel, queries *float64, limits *[4]float64, dst *[4]Panel) int

// gapsSquares is Gaps for a width of at least 1.
//
//go:noescape
func gapsSquares(width int, bounds *Panel, q *float64, gaps *Panel)

//go:noescape
func gapsAbsolutes(width int, bounds *Panel, q *float64, gaps *Panel)

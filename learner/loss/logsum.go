package loss

import "math"

// logSum adds up weighted logarithms of numbers that are at least 1, and takes
// one logarithm of many numbers' product where they weigh 1. What a number
// exceeds 1 by is known to 1e-16.
type logSum struct{ sum, product float64 }

func newLogSum() logSum { return logSum{product: 1} }

func (l *logSum) add(weight, of float64) {
	if weight != 1 {
		l.sum += weight * math.Log(of)
		return
	}
	l.product *= of
	if l.product > 1e280 { // and numbers are far below 1e20
		l.sum += math.Log(l.product)
		l.product = 1
	}
}

func (l *logSum) total() float64 { return l.sum + math.Log(l.product) }

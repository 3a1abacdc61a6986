package snapshot_test

import (
	"fmt"

	"github.com/gochimera/chimera/learner/snapshot"
)

// A learner writes its state field by field and reads it back in that order.
func Example() {
	w := snapshot.NewWriter("example.line", 1)
	w.Float(2)
	w.Floats([]float64{0.5, -1})
	data := w.Seal()

	r, err := snapshot.NewReader(data, "example.line", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	intercept, coef := r.Float(), r.FiniteFloats()
	fmt.Println(intercept, coef, r.Close())

	data[20] ^= 1 // one flipped bit
	_, err = snapshot.NewReader(data, "example.line", 1)
	fmt.Println(err)
	// Output:
	// 2 [0.5 -1] <nil>
	// cannot read the stored model: the checksum does not match: the data is damaged or cut short
}

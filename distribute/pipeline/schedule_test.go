package pipeline

import (
	"fmt"
	"testing"
)

var schedules = []Schedule{OneFOneB, GPipe}

// TestOps: every micro-batch has one forward and then one backward pass, backward passes are in order,
// and no stage holds more than its schedule allows.
func TestOps(t *testing.T) {
	for _, s := range schedules {
		for p := 1; p <= 5; p++ {
			for m := 1; m <= 9; m++ {
				for i := range p {
					t.Run(fmt.Sprintf("%s, stage %d of %d, %d micro-batches", s, i, p, m), func(t *testing.T) {
						ops, err := s.Ops(i, p, m)
						if err != nil {
							t.Fatal(err)
						}
						forward, back, most := 0, 0, 0
						for _, op := range ops {
							if op.Back {
								if op.Micro != back || op.Micro >= forward {
									t.Fatalf("micro-batch %d goes back after %d forward and %d back", op.Micro, forward, back)
								}
								back++
							} else {
								if op.Micro != forward {
									t.Fatalf("micro-batch %d goes forward after %d", op.Micro, forward)
								}
								forward++
							}
							most = max(most, forward-back)
						}
						want := m
						if s == OneFOneB {
							want = min(m, p-i)
						}
						if forward != m || back != m || most != want {
							t.Errorf("%d forward, %d back, %d held at most; want %d, %d, %d", forward, back, most, m, m, want)
						}
					})
				}
			}
		}
	}
}

func TestOpsRefuses(t *testing.T) {
	for _, tc := range []struct {
		s       Schedule
		i, p, m int
	}{{OneFOneB, 2, 2, 1}, {OneFOneB, -1, 2, 1}, {GPipe, 0, 1, 0}, {"interleaved", 0, 1, 1}} {
		if _, err := tc.s.Ops(tc.i, tc.p, tc.m); err == nil {
			t.Errorf("%+v: no error", tc)
		}
	}
}

func TestMicro(t *testing.T) {
	for n := 1; n < 20; n++ {
		for m := 1; m < 25; m++ {
			parts, end := Micros(n, m), 0
			for k := range parts {
				from, to := Micro(n, parts, k)
				if from != end || to <= from || to-from > (n+parts-1)/parts {
					t.Fatalf("%d rows in %d: micro-batch %d is rows %d to %d", n, m, k, from, to)
				}
				end = to
			}
			if end != n || parts > m || parts > n {
				t.Fatalf("%d rows in %d: %d micro-batches of %d rows", n, m, parts, end)
			}
		}
	}
}

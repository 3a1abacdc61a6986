package losstest_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/loss/losstest"
)

func TestOurs(t *testing.T) {
	for _, r := range loss.List() {
		t.Run(r.Name, func(t *testing.T) { losstest.Run(t, r.Name) })
	}
}

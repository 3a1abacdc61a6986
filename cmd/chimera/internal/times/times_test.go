package times_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/times"
)

func ExampleRead() {
	log, err := times.Read(strings.NewReader(`http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.002 s
http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.001 s
http://localhost:8080/v1/chimera/aggregation/fit master endpoint latency = 1.0 s
http://localhost:8080/v1/chimera/aggre`))
	if err != nil {
		panic(err)
	}
	_ = times.Write(os.Stdout, log.Rows())
	// Output:
	// NODE    ADDRESS         PATH                         CALLS  MEAN s  MEDIAN s  P95 s   MAX s
	// master  localhost:8080  /v1/chimera/aggregation/fit  1      1.0000  1.0000    1.0000  1.0000
	// worker  localhost:8081  /v1/chimera/model/fit        3      0.0030  0.0020    0.0060  0.0060
}

func TestNoCalls(t *testing.T) {
	if _, err := times.Read(strings.NewReader("something else\n")); err == nil {
		t.Error("a log without calls was summed up")
	}
}

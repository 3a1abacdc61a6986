package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The lines are the Python package's: at most four decimals, without trailing zeros.
func TestTimeLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chimera_time.log")
	l, err := OpenTimeLog(file)
	if err != nil {
		t.Fatal(err)
	}
	l.worker("http://localhost:8081/v1/chimera/model/fit", 6*time.Millisecond)
	l.worker("http://localhost:8081/v1/chimera/model/predict", 10234567*time.Nanosecond)
	l.master("http://localhost:8080/v1/chimera/aggregation/fit", 2*time.Second)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := `http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
http://localhost:8081/v1/chimera/model/predict worker endpoint latency = 0.0102 s
http://localhost:8080/v1/chimera/aggregation/fit master endpoint latency = 2.0 s
`
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var none *TimeLog
	none.worker("x", 1) // writes nothing
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

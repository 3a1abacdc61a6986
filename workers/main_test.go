package workers

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/handshake"
)

func TestMain(m *testing.M) {
	// keep-alive connections of the tests' own client
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// A worker announces its address, answers, and ends when its launcher's pipe closes.
func TestServeUntilTheLifelineEnds(t *testing.T) {
	t.Setenv("CHIMERA_TRAIN_DATA", folder(t, "a\n1\n", "y\n2\n"))
	t.Setenv("CHIMERA_LIFELINE", "stdin")
	lifeline, launcher := io.Pipe()
	announced, stdout := io.Pipe()
	var stderr bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- run(t.Context(), Spec{Name: "w", Role: ModelRole, Learner: dummy}, nil, lifeline, stdout, &stderr)
		_ = stdout.Close()
	}()
	line, err := bufio.NewReader(announced).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, api.Announcement))
	res, err := http.Get(url + api.PathHealth)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	_ = launcher.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit status %d: %s", code, stderr.String())
	}
}

// The announcement has a version only if the launcher understands one.
func TestAnnouncement(t *testing.T) {
	for protocol, want := range map[string]string{"": "", "1.0": " protocol=1.0"} {
		t.Setenv("CHIMERA_TRAIN_DATA", folder(t, "a\n1\n", "y\n2\n"))
		t.Setenv("CHIMERA_WORKERS_PROTOCOL", protocol)
		ctx, cancel := context.WithCancel(t.Context())
		announced, stdout := io.Pipe()
		done := make(chan int, 1)
		go func() {
			done <- run(ctx, Spec{Name: "w", Role: ModelRole, Learner: dummy}, nil, strings.NewReader(""), stdout, io.Discard)
			_ = stdout.Close()
		}()
		line, err := bufio.NewReader(announced).ReadString('\n')
		text, ok := strings.CutPrefix(line, api.Announcement)
		if _, rest, _ := strings.Cut(strings.TrimSuffix(text, "\n"), ":"); err != nil || !ok ||
			strings.Contains(rest, " ") != (want != "") || !strings.HasSuffix(rest, want) {
			t.Errorf("with %q it announced %q, %v", protocol, line, err)
		}
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("exit status %d", code)
		}
	}
}

// Bad training data is reported to a launcher that understands it, on standard output, and otherwise to whoever
// reads standard error; once in either case.
func TestRefusesItsData(t *testing.T) {
	for protocol, told := range map[string]bool{"": false, "1.0": true} {
		t.Setenv("CHIMERA_TRAIN_DATA", folder(t, "a\n1\n", "y\n1\n2\n"))
		t.Setenv("CHIMERA_WORKERS_PROTOCOL", protocol)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), Spec{Name: "w", Role: ModelRole, Learner: dummy}, nil, strings.NewReader(""), &stdout, &stderr)
		_, second, _ := strings.Cut(stdout.String(), "\n")
		reason, refused := handshake.ParseRefusal(strings.TrimSuffix(second, "\n"))
		const says = "y_train.csv: 2 rows, but "
		if code != handshake.BadData || refused != told || told && !strings.Contains(reason, says) || strings.Contains(stderr.String(), says) == told {
			t.Errorf("with %q: exit status %d, %q\n%s", protocol, code, stdout.String(), stderr.String())
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		code int
		says string
	}{
		{"an unknown command", []string{"dance"}, nil, 2, "dance"},
		{"too many arguments", []string{"serve", "now"}, nil, 2, "no arguments"},
		{"help", []string{"--help"}, nil, 0, "healthcheck"},
		{"no data", nil, map[string]string{"CHIMERA_TRAIN_DATA": "nowhere"}, 3, "X_train.csv"},
		{"a bad port", nil, map[string]string{"CHIMERA_WORKERS_PORT": "http"}, 1, "CHIMERA_WORKERS_PORT"},
		{"healthcheck without a port", []string{"healthcheck"}, nil, 1, "CHIMERA_WORKERS_PORT"},
		{"healthcheck with nobody there", []string{"healthcheck"}, map[string]string{"CHIMERA_WORKERS_PORT": "1"}, 1, "refused"},
		{"describe", []string{"describe"}, nil, 0, `"worker": "w"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), Spec{Name: "w", Role: ModelRole, Learner: dummy}, tt.args, strings.NewReader(""), &stdout, &stderr)
			if all := stdout.String() + stderr.String(); code != tt.code || !strings.Contains(all, tt.says) {
				t.Errorf("exit status %d, want %d: %s", code, tt.code, all)
			}
		})
	}
}

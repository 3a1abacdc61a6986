package environment_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/environment"
)

// What a node reads from its variables is within its limits and can be handed on in them; an error
// names the variable.
func FuzzReadWorker(f *testing.F) {
	f.Add("", "", "", "", "", "")
	f.Add("0.0.0.0", "80", "1048576", "1m30s", "debug", "stdin")
	f.Add("::1", "65536", "-1", "0s", "loud", "fd")
	f.Add("h", "+1", "9223372036854775808", "1e3s", "INFO+4", "")
	f.Fuzz(func(t *testing.T, host, port, body, timeout, level, lifeline string) {
		set := map[string]string{
			environment.WorkersHost: host, environment.WorkersPort: port, environment.WorkersMaxBody: body,
			environment.WorkersBodyTimeout: timeout, environment.Log: level, environment.WorkersLifeline: lifeline,
			environment.MasterHost: host, environment.MasterPort: port,
		}
		get := func(name string) string { return set[name] }
		named := func(err error) bool {
			for name := range set {
				if strings.HasPrefix(err.Error(), name+": ") {
					return true
				}
			}
			return false
		}
		if m, err := environment.ReadMaster(get, "localhost", 8080); err != nil && !named(err) || err == nil && (m.Port < 0 || m.Port > 65535 || m.Host == "") {
			t.Errorf("master: %+v, %v", m, err)
		}
		w, err := environment.ReadWorker(get)
		if err != nil {
			if !named(err) {
				t.Errorf("which variable? %v", err)
			}
			return
		}
		if w.Port < 0 || w.Port > 65535 || w.MaxBody < 0 || w.BodyTimeout < 0 || w.Host == "" {
			t.Fatalf("%+v", w)
		}
		set[environment.WorkersHost], set[environment.WorkersPort], set[environment.Log] = w.Host, fmt.Sprint(w.Port), w.Level.String()
		if w.MaxBody > 0 {
			set[environment.WorkersMaxBody] = fmt.Sprint(w.MaxBody)
		}
		if w.BodyTimeout > 0 {
			set[environment.WorkersBodyTimeout] = w.BodyTimeout.String()
		}
		if back, err := environment.ReadWorker(get); err != nil || !reflect.DeepEqual(back, w) {
			t.Errorf("%+v handed on is %+v, %v", w, back, err)
		}
	})
}

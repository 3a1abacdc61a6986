package environment_test

import (
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
)

func from(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestReadWorker(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		want environment.Worker
	}{
		{"by hand", nil, environment.Worker{Host: "127.0.0.1", Format: logs.Text}},
		{"by a launcher", map[string]string{
			"CHIMERA_WORKERS_HOST": "0.0.0.0", "CHIMERA_WORKERS_PORT": "8081", "CHIMERA_TRAIN_DATA": "/data", "CHIMERA_LIFELINE": "stdin",
			"CHIMERA_WORKERS_PROTOCOL": "1.0", "CHIMERA_WORKERS_MAX_BODY": "1024", "CHIMERA_WORKERS_BODY_TIMEOUT": "2s",
			"CHIMERA_LOG": "debug", "CHIMERA_LOG_FORMAT": "json",
			"CHIMERA_WORKERS_MAX_MEMORY": "4096", "CHIMERA_WORKERS_WRITE_TIMEOUT": "3s", "CHIMERA_WORKERS_ALLOWED_HOSTS": `["gpu1.example.org"]`,
			"CHIMERA_WORKERS_PEERS": "iris-{worker}-0.iris.ml.svc",
		}, environment.Worker{
			Host: "0.0.0.0", Port: 8081, Data: "/data", Lifeline: true, Handshake: true, MaxBody: 1024, BodyTimeout: 2 * time.Second, Level: slog.LevelDebug,
			Format:    logs.JSON,
			MaxMemory: 4096, WriteTimeout: 3 * time.Second, AllowedHosts: []string{"gpu1.example.org"}, Peers: "iris-{worker}-0.iris.ml.svc",
		}},
		{"a program's lifeline is not a worker's", map[string]string{"CHIMERA_LIFELINE": "3"}, environment.Worker{Host: "127.0.0.1", Format: logs.Text}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := environment.ReadWorker(from(tt.env)); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestReadMaster(t *testing.T) {
	got, err := environment.ReadMaster(from(nil), "127.0.0.1", 8080)
	if want := (environment.Master{Host: "127.0.0.1", Port: 8080, Format: logs.Text}); err != nil || got != want {
		t.Errorf("%+v, %v; want what the program says", got, err)
	}
	got, err = environment.ReadMaster(from(map[string]string{
		"CHIMERA_MASTER_HOST": "0.0.0.0", "CHIMERA_MASTER_PORT": "0", "CHIMERA_ANNOUNCE": "no", "CHIMERA_ON_READY": "no", "CHIMERA_LOG": "warn",
		"CHIMERA_ANEW": "yes", "CHIMERA_LOG_FORMAT": "json",
	}), "127.0.0.1", 8080)
	if want := (environment.Master{Host: "0.0.0.0", Hidden: true, Only: true, Anew: true, Level: slog.LevelWarn, Format: logs.JSON}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestRefusals(t *testing.T) {
	worker := func(get func(string) string) error { _, err := environment.ReadWorker(get); return err }
	master := func(get func(string) string) error { _, err := environment.ReadMaster(get, "", 0); return err }
	for _, tt := range []struct {
		read            func(func(string) string) error
		variable, value string
		want            string
	}{
		{worker, "CHIMERA_WORKERS_PORT", "65536", `CHIMERA_WORKERS_PORT: want a port from 0 to 65535, got "65536"`},
		{worker, "CHIMERA_WORKERS_MAX_BODY", "0", `CHIMERA_WORKERS_MAX_BODY: want a positive number of bytes, got "0"`},
		{worker, "CHIMERA_WORKERS_BODY_TIMEOUT", "60", `CHIMERA_WORKERS_BODY_TIMEOUT: want a positive duration such as 60s, got "60"`},
		{worker, "CHIMERA_WORKERS_MAX_MEMORY", "1GiB", `CHIMERA_WORKERS_MAX_MEMORY: want a positive number of bytes, got "1GiB"`},
		{worker, "CHIMERA_WORKERS_WRITE_TIMEOUT", "-1s", `CHIMERA_WORKERS_WRITE_TIMEOUT: want a positive duration such as 60s, got "-1s"`},
		{worker, "CHIMERA_WORKERS_ALLOWED_HOSTS", "gpu1", `CHIMERA_WORKERS_ALLOWED_HOSTS: want a JSON list of names such as ["gpu1.example.org"], got "gpu1"`},
		{worker, "CHIMERA_WORKERS_PEERS", "gpu1", `CHIMERA_WORKERS_PEERS: want a host with {worker} in place of a worker's name, got "gpu1"`},
		{worker, "CHIMERA_LOG", "loud", `CHIMERA_LOG: want debug, info, warn or error, got "loud"`},
		{worker, "CHIMERA_LOG_FORMAT", "xml", `CHIMERA_LOG_FORMAT: want text or json, got "xml"`},
		{master, "CHIMERA_LOG_FORMAT", "xml", `CHIMERA_LOG_FORMAT: want text or json, got "xml"`},
		{master, "CHIMERA_MASTER_PORT", "eighty", `CHIMERA_MASTER_PORT: want a port from 0 to 65535, got "eighty"`},
		{master, "CHIMERA_LOG", "loud", `CHIMERA_LOG: want debug, info, warn or error, got "loud"`},
	} {
		if err := tt.read(from(map[string]string{tt.variable: tt.value})); err == nil || err.Error() != tt.want {
			t.Errorf("%s=%s: %v, want %s", tt.variable, tt.value, err, tt.want)
		}
	}
}

package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever docker's configuration and its context hold, they give options, or an error that names the
// file or the context.
func FuzzContext(f *testing.F) {
	f.Add([]byte(`{"currentContext":"far"}`), []byte(`{"Name":"far","Endpoints":{"docker":{"Host":"tcp://10.0.0.1:2376","SkipTLSVerify":true}}}`), []byte(nil))
	f.Add([]byte(`{"currentContext":"../far"}`), []byte(`{"Endpoints":{"docker":{"Host":1}}}`), []byte("-----BEGIN CERTIFICATE-----\n"))
	f.Add([]byte(`{"currentContext":null}`), []byte(`null`), []byte("x"))
	f.Fuzz(func(t *testing.T, config, meta, ca []byte) {
		dir := t.TempDir()
		write := func(text []byte, path ...string) {
			file := filepath.Join(append([]string{dir}, path...)...)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(config, "config.json")
		name, err := currentContext(dir)
		if err != nil {
			if !strings.Contains(err.Error(), "config.json") {
				t.Errorf("which file? %v", err)
			}
			return
		}
		sum := sha256.Sum256([]byte(name))
		id := hex.EncodeToString(sum[:])
		write(meta, "contexts", "meta", id, "meta.json")
		if len(ca) > 0 {
			write(ca, "contexts", "tls", id, "docker", "ca.pem")
		}
		env := func(variable string) string { return map[string]string{"DOCKER_CONFIG": dir}[variable] }
		opts, err := clientOptions(env)
		if (err == nil) != (len(opts) > 0) || err != nil && !strings.Contains(err.Error(), "Docker context") {
			t.Errorf("%d options, %v", len(opts), err)
		}
	})
}

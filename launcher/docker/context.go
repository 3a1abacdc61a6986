package docker

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/docker/docker/client"
)

// clientOptions say which engine to use, as the docker command decides it:
// DOCKER_HOST, else DOCKER_CONTEXT, else the context chosen with `docker
// context use`, else the engine of this machine.
func clientOptions(env func(string) string) ([]client.Opt, error) {
	if env("DOCKER_HOST") != "" {
		return []client.Opt{client.FromEnv}, nil
	}
	dir := env("DOCKER_CONFIG")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return []client.Opt{client.FromEnv}, nil //nolint:nilerr // without a home there are no contexts
		}
		dir = filepath.Join(home, ".docker")
	}
	name := env("DOCKER_CONTEXT")
	if name == "" {
		var err error
		if name, err = currentContext(dir); err != nil {
			return nil, err
		}
	}
	if name == "" || name == "default" {
		return []client.Opt{client.FromEnv}, nil
	}
	return contextOptions(dir, name)
}

// currentContext is the name that `docker context use` wrote; "" if none.
func currentContext(dir string) (string, error) {
	file := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the configuration of docker: %w", err)
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return "", fmt.Errorf("the configuration of docker, %s: %w", file, err)
	}
	return config.CurrentContext, nil
}

// contextOptions reads a context where the docker command keeps it: below
// contexts/meta and contexts/tls, in folders named by the hash of its name.
func contextOptions(dir, name string) ([]client.Opt, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	text, err := os.ReadFile(filepath.Join(dir, "contexts", "meta", id, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no Docker context %q: `docker context ls` lists them, `docker context use default` chooses this machine's engine",
			name)
	}
	if err != nil {
		return nil, fmt.Errorf("the Docker context %q: %w", name, err)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, fmt.Errorf("the Docker context %q: %w", name, err)
	}
	endpoint := meta.Endpoints["docker"]
	if endpoint.Host == "" {
		return nil, fmt.Errorf("the Docker context %q names no engine", name)
	}
	settings, err := certificates(filepath.Join(dir, "contexts", "tls", id, "docker"), endpoint.SkipTLSVerify)
	if err != nil {
		return nil, fmt.Errorf("the Docker context %q: %w", name, err)
	}
	var opts []client.Opt
	if settings != nil {
		opts = append(opts, client.WithHTTPClient(&http.Client{
			Transport:     &http.Transport{TLSClientConfig: settings},
			CheckRedirect: client.CheckRedirect,
		}))
	}
	return append(opts, client.WithHost(endpoint.Host), client.WithVersionFromEnv()), nil
}

// certificates are a context's TLS settings; nil if it has none.
func certificates(dir string, skipVerify bool) (*tls.Config, error) {
	file := func(name string) string { return filepath.Join(dir, name) }
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skipVerify} //nolint:gosec // as the user told the docker command
	ca, err := os.ReadFile(file("ca.pem"))
	switch {
	case err == nil:
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s holds no certificate", file("ca.pem"))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	own, err := tls.LoadX509KeyPair(file("cert.pem"), file("key.pem"))
	switch {
	case err == nil:
		settings.Certificates = []tls.Certificate{own}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case settings.RootCAs == nil && !skipVerify:
		return nil, nil
	}
	return settings, nil
}

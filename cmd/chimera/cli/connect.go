package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	neturl "net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/environment"
)

const (
	masterVariable = "CHIMERA_MASTER_URL"
	usualMaster    = "http://localhost:8080"

	masterHelp = `
The master is the one at --url, else at CHIMERA_MASTER_URL, else the one that the
project's program serves, else ` + usualMaster + `. One that asks for a token gets
that of --token-file, else the one that the project's program has left for its
user, else that of CHIMERA_TOKEN_FILE or CHIMERA_TOKEN. One at https:// is known by
the certificates in --ca, else by what its program has left, else by those in
CHIMERA_CA, else by those that this machine trusts. --certificate, else
CHIMERA_CERTIFICATE, is the one to show where the master asks for one.`
)

// addURL adds the flags that say which master is asked, and what it is shown.
func addURL(cmd *cobra.Command) {
	cmd.Flags().String("url", "", "the master's `address`")
	cmd.Flags().String("ca", "", "the `file` with certificates by which the master is known, as PEM")
	cmd.Flags().String("certificate", "", "the `file` with the certificate and key that the master asks for, as PEM")
	cmd.Flags().String("token-file", "", "the `file` with the token that the master asks for")
}

// connect makes a client of the master that the command is about.
func connect(cmd *cobra.Command) (*client.Client, error) {
	url, err := cmd.Flags().GetString("url")
	if err != nil {
		return nil, err
	}
	if url == "" {
		url = os.Getenv(masterVariable)
	}
	dir, ours, err := projectMaster(cmd)
	switch {
	case url != "":
	case err != nil:
		return nil, err
	case ours != "":
		url = ours
	default:
		url = usualMaster // its program does not run, or serves elsewhere; no project is needed to talk to a master
	}
	if ours != url {
		dir = ""
	}
	opts, err := toShow(cmd, dir, url)
	if err != nil {
		return nil, err
	}
	c, err := client.New(url, opts...)
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// projectMaster is the project's folder, and the address that its program left in it; empty if there is none.
func projectMaster(cmd *cobra.Command) (dir, url string, err error) {
	dir, err = findProject(cmd)
	if err != nil {
		if flag := cmd.Flag("project"); flag != nil && flag.Changed {
			return "", "", err
		}
		return "", "", nil
	}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(config.MasterFile)))
	if err != nil {
		return dir, "", nil //nolint:nilerr // there is none
	}
	return dir, strings.TrimSpace(string(text)), nil
}

// toShow is what the master gets to see of who calls, and by what it is known. dir is the folder of the project whose master it is, if that is
// known.
func toShow(cmd *cobra.Command, dir, url string) ([]client.Option, error) {
	var left access.Local
	if dir != "" {
		var err error
		left, err = access.ReadLocal(filepath.Join(dir, filepath.FromSlash(config.AccessFile)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) { // it leaves nothing, or is another user's
			return nil, err
		}
	}
	known, err := toTrust(cmd, left)
	if err != nil {
		return nil, err
	}
	shown, err := toPresent(cmd, left, url)
	if err != nil {
		return nil, err
	}
	own, err := toShowItself(cmd)
	return slices.Concat(known, shown, own), err
}

// toShowItself is the certificate of who calls, if there is one.
func toShowItself(cmd *cobra.Command) ([]client.Option, error) {
	file, err := cmd.Flags().GetString("certificate")
	if err != nil {
		return nil, err
	}
	if file == "" {
		file = os.Getenv(environment.Certificate)
	}
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err == nil {
		_, err = tls.X509KeyPair(text, text)
	}
	if err != nil {
		return nil, inputError{fmt.Errorf("%s: your certificate and its key cannot be read: %w", file, err)}
	}
	return []client.Option{client.WithCertificate(text)}, nil
}

// toTrust is by what the master is known.
func toTrust(cmd *cobra.Command, left access.Local) ([]client.Option, error) {
	file, err := cmd.Flags().GetString("ca")
	if err != nil {
		return nil, err
	}
	if file == "" && left.Certificate != "" {
		return []client.Option{client.WithCA([]byte(left.Certificate))}, nil
	}
	if file == "" {
		file = os.Getenv(environment.CA)
	}
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, inputError{fmt.Errorf("the master's certificates cannot be read: %w", err)}
	}
	if _, err := certificate.Trusting(text, ""); err != nil {
		return nil, inputError{fmt.Errorf("%s: %w", file, err)}
	}
	return []client.Option{client.WithCA(text)}, nil
}

// toPresent is what the master gets to see of who calls.
func toPresent(cmd *cobra.Command, left access.Local, url string) ([]client.Option, error) {
	file, err := cmd.Flags().GetString("token-file")
	if err != nil {
		return nil, err
	}
	if file == "" && left.Token != "" {
		return []client.Option{client.WithToken(left.Token)}, nil
	}
	if file == "" {
		file = os.Getenv(environment.TokenFile)
	}
	switch token := os.Getenv(environment.Token); {
	case file != "":
		if _, err := access.ReadToken(file); err != nil {
			return nil, inputError{fmt.Errorf("the token cannot be read: %w", err)}
		}
		warnOfPlain(cmd, url)
		return []client.Option{client.WithTokenFile(file)}, nil
	case token != "":
		if err := access.Usable(token); err != nil {
			return nil, inputError{fmt.Errorf("%s: %w", environment.Token, err)}
		}
		warnOfPlain(cmd, url)
		return []client.Option{client.WithToken(token)}, nil
	default:
		return nil, nil
	}
}

// warnOfPlain warns of a token that others on the way may read.
func warnOfPlain(cmd *cobra.Command, url string) {
	u, err := neturl.Parse(url)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") {
		return
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		return
	}
	warn(cmd, "the token goes to %s as it is, and whoever is on the way can read it", u.Host)
}

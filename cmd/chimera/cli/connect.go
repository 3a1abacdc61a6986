package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
)

const (
	masterVariable = "CHIMERA_MASTER_URL"
	usualMaster    = "http://localhost:8080"

	masterHelp = `
The master is the one at --url, else at CHIMERA_MASTER_URL, else the one that the
project's program serves, else ` + usualMaster + `.`
)

// addURL adds the flag --url.
func addURL(cmd *cobra.Command) { cmd.Flags().String("url", "", "the master's `address`") }

// connect makes a client of the master that the command is about.
func connect(cmd *cobra.Command) (*client.Client, error) {
	url, err := cmd.Flags().GetString("url")
	if err != nil {
		return nil, err
	}
	if url == "" {
		url = os.Getenv(masterVariable)
	}
	if url == "" {
		if url, err = projectMaster(cmd); err != nil {
			return nil, err
		}
	}
	c, err := client.New(url)
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// projectMaster is the address that the project's program left in its folder.
func projectMaster(cmd *cobra.Command) (string, error) {
	dir, err := findProject(cmd)
	if err != nil {
		if flag := cmd.Flag("project"); flag != nil && flag.Changed {
			return "", err
		}
		return usualMaster, nil // no project is needed to talk to a master
	}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(config.MasterFile)))
	if err != nil {
		return usualMaster, nil //nolint:nilerr // its program does not run, or serves elsewhere
	}
	return strings.TrimSpace(string(text)), nil
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/certificate"
)

func newCertificate() *cobra.Command {
	var role, output string
	var days int
	cmd := &cobra.Command{
		Use:   "certificate NAME",
		Short: "Make a certificate for a client of the master",
		Long: `certificate makes a certificate for a client of a master with security.clients: mtls,
and its key, and writes both to NAME.pem, which only its owner can read. The
project's own authority issues it, in chimera_tls, which is made if there is none.

A client shows it with --certificate or CHIMERA_CERTIFICATE (package client:
WithCertificate; curl: --cert). With the role predict it may ask for predictions and
look at what there is; with admin it may also fit, cancel, and take in, serve and
remove models. The role is in the certificate's name: chimera://PROJECT/client/ROLE/NAME.

A certificate cannot be taken back before it runs out: see --days. To take all of
them back at once, remove chimera_tls and start the master anew.`,
		Example: `  chimera certificate shop --role predict
  chimera certificate ann --days 7 --output /tmp/ann.pem`,
		Args: cobra.ExactArgs(1),
	}
	asJSON := addJSON(cmd)
	cmd.Flags().StringVar(&role, "role", string(access.Predict), "what its owner may do, a `role`: predict or admin")
	cmd.Flags().IntVar(&days, "days", 90, "how many `days` it is valid")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file` (NAME.pem)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r, err := access.ParseRole(role)
		if err != nil {
			return usageErrorf("--role: %w", err)
		}
		name := args[0]
		if !config.ValidName(name) {
			return usageErrorf("%q is not a client's name: want small letters, digits and inner hyphens", name)
		}
		if days < 1 || days > 3650 {
			return usageErrorf("--days %d: want 1 to 3650", days)
		}
		cfg, err := loadProject(cmd)
		if err != nil {
			return err
		}
		if output == "" {
			output = name + ".pem"
		}
		if _, err := os.Stat(output); !errors.Is(err, fs.ErrNotExist) {
			return inputError{fmt.Errorf("%s is there already: remove it, or name another file with --output", output)}
		}
		lasts := time.Duration(days) * 24 * time.Hour
		text, err := certificate.ForClient(cfg.InProject(config.TLSFolder), cfg.Project, access.ClientURI(cfg.Project, r, name), lasts)
		if err != nil {
			return inputError{err}
		}
		if err := atomicfile.WriteSecret(output, text); err != nil {
			return err
		}
		until := time.Now().Add(lasts).Format(time.DateOnly)
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), map[string]string{"file": output, "role": string(r), "until": until})
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: the role %s, until %s\n", strings.TrimSpace(output), r, until)
		return err
	}
	complete(cmd, "role", string(access.Predict), string(access.Admin))
	return cmd
}

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/internal/access"
)

func newToken() *cobra.Command {
	var role, name, file string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make a token for a client of the master",
		Long: `token makes a random token, adds its digest to the file that security.tokens of
chimera.yaml names, and prints the token. Nothing keeps the token itself: hand
it to the client, which reads it from CHIMERA_TOKEN_FILE or --token-file.

A token of the role predict may ask for predictions and look at what there is;
one of the role admin may also fit, cancel, and take in, serve and remove models.

A master with security.clients: token notices at most a second later. To take a
token back, remove its line. To change one, add the new one, hand it out, and
remove the old one: meanwhile both are valid.`,
		Example: `  chimera token --role predict --name shop
  chimera token > admin.token
  chimera token --file /etc/chimera/tokens --json`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	cmd.Flags().StringVar(&role, "role", string(access.Admin), "what its bearer may do, a `role`: predict or admin")
	cmd.Flags().StringVar(&name, "name", "", "a `name` for people, for its line in the file")
	cmd.Flags().StringVar(&file, "file", "", "another `file` than that of the project")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := access.ParseRole(role)
		if err != nil {
			return usageErrorf("--role: %w", err)
		}
		if file == "" {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			file = cfg.TokensFile()
		}
		token, err := access.Add(file, r, name)
		if err != nil {
			return inputError{fmt.Errorf("no token was made: %w", err)}
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), map[string]string{"token": token, "role": string(r), "file": file})
		}
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), token); err != nil {
			return err
		}
		note(cmd, "a token of the role %s; its digest is in %s", r, file)
		return nil
	}
	return cmd
}

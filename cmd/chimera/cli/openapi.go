package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/apidoc"
	"github.com/gochimera/chimera/internal/atomicfile"
)

func newOpenAPI() *cobra.Command {
	var form, folder string
	cmd := &cobra.Command{
		Use:   "openapi [NODE]",
		Short: "Write the OpenAPI documents of masters and workers",
		Long: `openapi prints the OpenAPI document of a kind of node, without starting
anything; a node that runs serves the same one. The nodes are
  ` + strings.Join(apidoc.Nodes(), "\n  ") + `

With --dir it writes the documents of all of them, in OpenAPI 3.1 and 3.0.`,
		Example: `  chimera openapi aggregation
  chimera openapi aggregation-worker --form openapi-3.0.json
  chimera openapi --dir docs`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: apidoc.Nodes(),
	}
	forms := []string{string(apidoc.YAML), string(apidoc.JSON), string(apidoc.YAML30), string(apidoc.JSON30)}
	output := addOutput(cmd)
	cmd.Flags().StringVar(&form, "form", string(apidoc.YAML), "`form` of the document: "+strings.Join(forms, ", "))
	cmd.Flags().StringVar(&folder, "dir", "", "write the documents of all nodes into this `folder`")
	asJSON := cmd.Flags().Bool("json", false, "the same as --form "+string(apidoc.JSON)+"; with --dir, list the files as JSON")
	cmd.MarkFlagsMutuallyExclusive("dir", "output")
	cmd.MarkFlagsMutuallyExclusive("json", "form")
	complete(cmd, "form", forms...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *asJSON {
			form = string(apidoc.JSON)
		}
		switch {
		case folder != "" && len(args) == 0:
			return writeDocuments(cmd, folder, *asJSON)
		case folder != "" || len(args) == 0:
			return usageErrorf("name one node (%s), or a folder for all with --dir", strings.Join(apidoc.Nodes(), ", "))
		case !slices.Contains(apidoc.Nodes(), args[0]):
			return usageErrorf("want one of %s, got %q", strings.Join(apidoc.Nodes(), ", "), args[0])
		case !slices.Contains(forms, form):
			return usageErrorf("--form: want one of %s, got %q", strings.Join(forms, ", "), form)
		}
		text, err := apidoc.Document(cmd.Context(), args[0], apidoc.Form(form))
		if err != nil {
			return err
		}
		return write(cmd, *output, func(out io.Writer) error {
			_, err := out.Write(text)
			return err
		})
	}
	return cmd
}

func writeDocuments(cmd *cobra.Command, folder string, asJSON bool) error {
	var files []string
	for _, node := range apidoc.Nodes() {
		for _, form := range []apidoc.Form{apidoc.YAML, apidoc.YAML30} {
			text, err := apidoc.Document(cmd.Context(), node, form)
			if err != nil {
				return err
			}
			file := filepath.Join(folder, node+"."+string(form))
			if err := atomicfile.WriteFile(file, text); err != nil {
				return inputError{err}
			}
			files = append(files, file)
		}
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), map[string][]string{"files": files})
	}
	_, err := fmt.Fprintln(reportOf(cmd), strings.Join(files, "\n"))
	return err
}

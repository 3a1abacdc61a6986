package cli

import (
	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	_ "github.com/gochimera/chimera/formats/parquet" // the command line reads every format
	_ "github.com/gochimera/chimera/formats/zstd"
	"github.com/gochimera/chimera/internal/dataio"
)

// dataFlags say how a data set is written, for commands that read one.
type dataFlags struct {
	target, delimiter string
	drop, missing     []string
	header, noHeader  bool
}

func (f *dataFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.target, "target", "t", "", "the `column` of the target, in a file that has all columns")
	cmd.Flags().StringSliceVar(&f.drop, "drop", nil, "`columns` to leave out, such as an id")
	cmd.Flags().StringVar(&f.delimiter, "delimiter", "", "what separates the cells: a `character`, or comma, semicolon, tab, pipe, blanks (found out)")
	cmd.Flags().BoolVar(&f.header, "header", false, "the first line holds the columns' names, where that is in doubt")
	cmd.Flags().BoolVar(&f.noHeader, "no-header", false, "the first line is a row; columns are x1, x2, ...")
	cmd.Flags().StringSliceVar(&f.missing, "missing", nil, "what stands for a missing `cell`, in place of NA, ? and the like; COLUMN=CELL for one column")
	complete(cmd, "delimiter", "comma", "semicolon", "tab", "pipe", "blanks")
	completeColumns(cmd, "target", "drop")
}

// completeColumns offers the columns of the file that was named already.
func completeColumns(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"-1\tthe last column"}, cobra.ShellCompDirectiveNoFileComp
			}
			rows, err := dataio.Open(args[0], dataio.Options{})
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names := rows.Columns()
			_ = rows.Close() // only read
			return names, cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // the flag is not defined, which is a mistake in the program
		}
	}
}

// dataHelp is about these flags.
const dataHelp = `FILE has all columns: --target says which is the target, by its name or its position
(1 is the first column, -1 the last), and --drop which to leave out. Its delimiter,
encoding, compression and whether it has a header are found out, as far as flags do
not say. Or X.csv has the features and y.csv the targets, row by row the same.`

// source is the data set that the arguments name: one file, or a pair.
func (f *dataFlags) source(args []string) (datafile.Source, error) {
	s := datafile.Source{Features: args[0], Drop: f.drop, Options: dataio.Options{Target: f.target, Delimiter: f.delimiter, Missing: f.missing}}
	switch {
	case f.header && f.noHeader:
		return s, usageErrorf("--header and --no-header: the file has one or it has none")
	case f.header:
		s.Options.Header = dataio.HeaderYes
	case f.noHeader:
		s.Options.Header = dataio.HeaderNo
	}
	if len(args) == 2 {
		if f.target != "" {
			return s, usageErrorf("--target is for one file that has all columns; here %s holds the target", args[1])
		}
		s.Target = args[1]
	}
	if err := s.Options.Check(); err != nil {
		return s, usageError{err}
	}
	return s, nil
}

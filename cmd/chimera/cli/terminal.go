package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// isTerminal reports whether the output is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// obeys reports whether the output is a terminal that understands control sequences.
func obeys(out any) bool { return os.Getenv("TERM") != "dumb" && isTerminal(out) }

// paint colours text for a terminal, unless NO_COLOR (no-color.org) is set.
func paint(out io.Writer, colour, text string) string {
	if os.Getenv("NO_COLOR") != "" || !obeys(out) {
		return text
	}
	return colour + text + "\x1b[0m"
}

// Colours.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

// progress is a line on standard error that is overwritten as things go on; it
// prints nothing if standard error is not a terminal whose line can be overwritten, or with --quiet.
type progress struct {
	out  io.Writer
	live bool
}

func newProgress(cmd *cobra.Command) *progress {
	return &progress{out: cmd.ErrOrStderr(), live: obeys(cmd.ErrOrStderr()) && !isQuiet(cmd)}
}

// say replaces the line.
func (p *progress) say(format string, args ...any) {
	if p.live {
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K"+format, args...)
	}
}

// clear removes the line.
func (p *progress) clear() { p.say("") }

// bar is a bar of a fixed width.
func bar(done, total int) string {
	const width = 24
	text := make([]rune, width)
	for i := range text {
		text[i] = '░'
		if total > 0 && i*total < done*width {
			text[i] = '█'
		}
	}
	return string(text)
}

// warn prints a warning, whether standard error is a terminal or not: something in
// the answer is not as it should be.
func warn(cmd *cobra.Command, format string, args ...any) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "chimera: "+format+"\n", args...)
}

// note prints what the user should know of a success, unless --quiet is given.
func note(cmd *cobra.Command, format string, args ...any) {
	if isQuiet(cmd) {
		return
	}
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "note: "+format+"\n", args...)
}

// printJSON prints an answer for a program.
func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// addJSON adds the flag --json.
func addJSON(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("json", false, "print the answer as JSON, for a program")
}

// isQuiet reports whether --quiet is given, which every command knows.
func isQuiet(cmd *cobra.Command) bool {
	quiet, _ := cmd.Flags().GetBool("quiet")
	return quiet
}

// reportOf is where a command that does something tells what it has done. With --quiet it does not: its exit status says it.
func reportOf(cmd *cobra.Command) io.Writer {
	if isQuiet(cmd) {
		return io.Discard
	}
	return cmd.OutOrStdout()
}

// addOutput adds the flag --output.
func addOutput(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("output", "o", "", "write to this `file` instead of standard output; it is there whole or not at all")
}

// write has fill write to the file, which is put in place when all is written, or
// to standard output if there is none.
func write(cmd *cobra.Command, path string, fill func(io.Writer) error) error {
	if path == "" {
		return fill(cmd.OutOrStdout())
	}
	return writeFile("--output", path, fill)
}

// writeFile is write for a file that a flag named. A link is followed; what is no file, as a pipe or a device, is written to as it is.
func writeFile(flag, path string, fill func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir(): // before what fill does, which may take long
		return inputError{fmt.Errorf("%s: %s is a folder; name a file", flag, path)}
	case err == nil && !info.Mode().IsRegular():
		return writeThrough(path, fill)
	}
	if path, err = endOf(path); err != nil {
		return inputError{fmt.Errorf("%s: %w", flag, err)}
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return inputError{err}
	}
	if err := fill(f); err != nil {
		_ = f.Abort() // the first error is the one to report
		return err
	}
	return f.Commit()
}

// writeThrough has fill write to what is there, which nothing can take the place of.
func writeThrough(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return inputError{err}
	}
	out := bufio.NewWriter(f)
	if err := fill(out); err != nil {
		_ = f.Close() // the first error is the one to report
		return err
	}
	return errors.Join(out.Flush(), f.Close())
}

// mostLinks is how many links may lead from one to the next, as Linux has it.
const mostLinks = 40

// endOf is the file that a link leads to, which need not be there; any other path is returned as it is.
func endOf(path string) (string, error) {
	end := path
	for range mostLinks {
		info, err := os.Lstat(end)
		if isLink := err == nil && info.Mode().Type() == fs.ModeSymlink; !isLink { // what else is wrong with it, whoever creates it finds out
			if folder, name := filepath.Split(end); end != path && name != "" {
				if actual, err := filepath.EvalSymlinks(folder); err == nil {
					return filepath.Join(actual, name), nil
				}
			}
			return end, nil
		}
		link, err := os.Readlink(end)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			folder, _ := filepath.Split(end)
			link = folder + link // not cleaned: the folder may be a link, from whose end .. is meant
		}
		end = link
	}
	return "", fmt.Errorf("%s leads through more than %d links; name the file", path, mostLinks)
}

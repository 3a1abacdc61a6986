package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/watch"
)

const watchHelp = `
On a terminal there is a line for each worker: its state, rows and steps, and how its
time so far divides into computing (BUSY), the wire and waiting; the losses are drawn
as a line. Into a pipe, and with NO_COLOR or TERM=dumb, each thing that happens is a
line of text, and of fast steps one a second. --json prints the events themselves.
`

func newWatch() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Watch a fit as it goes on",
		Long: `watch shows the fit that runs, from its beginning, and ends with it. If none runs, it
shows the last one; if there was none yet, it waits for one. With --follow it stays for
the fits that follow. A fit is none the slower for those who watch it, and goes on when
they leave.
` + watchHelp + masterHelp,
		Example: `  chimera watch
  chimera watch --url http://localhost:9000 --follow
  chimera watch --json > events.jsonl`,
		Args: cobra.NoArgs,
	}
	asJSON := addEventsJSON(cmd)
	addURL(cmd)
	cmd.Flags().BoolVar(&follow, "follow", false, "stay when the fit has ended")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		source, err := connectToMaster(cmd)
		if err != nil {
			return err
		}
		source.Close()
		c, err := connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		var clock watch.Clock
		return show(cmd, *asJSON, func(add func(client.Event) bool) error {
			return c.Events(cmd.Context(), func(e client.Event) bool {
				e.Time = clock.Time(e.Event, time.Now()).UTC()
				return !add(e) || follow
			})
		})
	}
	return cmd
}

// addEventsJSON adds the flag --json of commands that print events.
func addEventsJSON(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("json", false, "print the events as lines of JSON, for a program")
}

// show shows the events that source adds. add says whether a fit ended with the event.
func show(cmd *cobra.Command, asJSON bool, source func(add func(client.Event) bool) error) error {
	out := cmd.OutOrStdout()
	switch {
	case asJSON:
		return showEvents(source, func(e client.Event) error {
			text, err := json.Marshal(e)
			if err == nil {
				_, err = out.Write(append(text, '\n'))
			}
			return err
		})
	case !drawable(out):
		var lines watch.Lines
		return showEvents(source, func(e client.Event) error {
			for _, line := range lines.Add(e) {
				if _, err := fmt.Fprintln(out, line); err != nil {
					return err
				}
			}
			return nil
		})
	}
	screen := watch.NewScreen(out, func() watch.Size { return terminalSize(out) }, func(state, text string) string {
		switch {
		case watch.Bad(state):
			return paint(out, red, text)
		case watch.Good(state):
			return paint(out, green, text)
		default:
			return text
		}
	})
	done := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() { screen.Run(done) })
	defer drawing.Wait()
	defer close(done)
	return source(screen.Add)
}

// showEvents prints every event, until one cannot be printed.
func showEvents(source func(add func(client.Event) bool) error, write func(client.Event) error) error {
	var failure error
	err := source(func(e client.Event) bool {
		if failure = write(e); failure != nil {
			return true
		}
		switch e.Event.(type) {
		case api.FitCommittedEvent, api.FitFailedEvent, api.FitCancelledEvent:
			return true
		default:
			return false
		}
	})
	if failure != nil {
		return failure
	}
	return err
}

// drawable says whether frames can be drawn over each other.
func drawable(out io.Writer) bool {
	return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// terminalSize is the size of a terminal, or a usual one.
func terminalSize(out io.Writer) watch.Size {
	if f, ok := out.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
			return watch.Size{Width: width, Height: height}
		}
	}
	return watch.Size{Width: 80, Height: 24}
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/linked"
	"github.com/gochimera/chimera/cmd/chimera/internal/modelimage"
	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher/docker"
)

func newImage() *cobra.Command {
	var tag, output, platform string
	cmd := &cobra.Command{
		Use:   "image FILE",
		Short: "Make a container image that serves a model from its file",
		Long: `image makes a container image that serves a stored model as chimera serve does, to the
same bits: one static program, which links what this model needs, and the model's file,
on top of nothing. No training data is in it, and the same file makes the same image. FILE
is what chimera models export has written; all of it is checked first.

The image is given to the Docker engine, or with --output written to a file that docker
load reads, for which no engine is needed. Its containers listen on port 8080 and run
as no user in particular; SIGTERM ends them, and their health check is their own program.
Beside addresses and localhost they answer to the names in
` + environment.MasterAllowedHosts + `, a JSON list such as ["model.example.org"].

The program is built by the go command, in Chimera's own module. A model with learners
of your own needs the folder of a project whose chimera.yaml names their packages
(packages:): it is built in the project's module then.`,
		Example: `  chimera image best.chimera
  chimera image best.chimera --tag registry.example.org/iris:1
  chimera image best.chimera --output iris.tar --platform linux/arm64`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVarP(&tag, "tag", "t", "", "the image's `name`, NAME or NAME:TAG; chimera/PROJECT:ID of the model if it is not given")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the image to this `file` instead, for docker load. It is there whole or not at all")
	cmd.Flags().StringVar(&platform, "platform", "",
		"what it runs on, "+strings.Join(modelimage.Platforms(), " or ")+"; the engine's if it is not given, or with --output this machine's")
	complete(cmd, "platform", modelimage.Platforms()...)
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r := modelimage.Request{File: args[0], Tag: tag, Platform: modelimage.Here()}
		if cmd.Flags().Changed("output") && output == "" {
			return usageErrorf("--output: want a file, got an empty name")
		}
		if tag != "" {
			if _, err := ociimage.ParseTag(tag); err != nil {
				return usageErrorf("--tag: %v", err)
			}
		}
		if platform != "" {
			var err error
			if r.Platform, err = modelimage.ParsePlatform(platform); err != nil {
				return usageErrorf("--platform: %v", err)
			}
		}
		if err := inModule(cmd, &r); err != nil {
			return err
		}
		if output != "" {
			var made *modelimage.Made
			err := writeFile("--output", output, func(out io.Writer) (err error) {
				if made, err = makeImage(cmd, r); err != nil {
					return err
				}
				return made.Write(out)
			})
			if err != nil {
				return withKind(cmd, err)
			}
			return tellOfImage(cmd, *asJSON, made, r.Platform, output)
		}
		return withKind(cmd, loadImage(cmd, *asJSON, r, platform == ""))
	}
	return cmd
}

// inModule says where the program can be built.
func inModule(cmd *cobra.Command, r *modelimage.Request) error {
	if dir, err := findProject(cmd); err == nil {
		r.Project = dir
		if r.Packages, err = linked.Packages(dir); err != nil {
			return inputError{err}
		}
	} else if cmd.Flag("project").Changed {
		return err
	}
	if source, err := scaffold.Source(cmd.Context(), r.Project); err == nil {
		r.Source = source
	}
	return cmd.Context().Err()
}

// loadImage gives the engine the image; engines says that it is for what that runs.
func loadImage(cmd *cobra.Command, asJSON bool, r modelimage.Request, engines bool) error {
	ctx := cmd.Context()
	engine, err := docker.Open(ctx)
	if err != nil {
		return fmt.Errorf("%w; or write the image to a file with --output, which needs no engine", err)
	}
	defer engine.Close()
	if engines {
		system, architecture := engine.Platform()
		if r.Platform, err = modelimage.ParsePlatform(system + "/" + architecture); err != nil {
			return fmt.Errorf("the Docker engine's platform: %w; name one with --platform", err)
		}
	}
	made, err := makeImage(cmd, r)
	if err != nil {
		return err
	}
	if err := engine.Load(ctx, made.Image); err != nil {
		return err
	}
	return tellOfImage(cmd, asJSON, made, r.Platform, "")
}

// makeImage shows how the build goes.
func makeImage(cmd *cobra.Command, r modelimage.Request) (*modelimage.Made, error) {
	p := newProgress(cmd)
	defer p.clear()
	p.say("building the program that serves the model")
	r.Progress = func(line string) { p.say("building the program that serves the model: %s", line) }
	return modelimage.Make(cmd.Context(), r)
}

// withKind carries on as a command line that links the project's packages, if one of them may have the kind of the model's master.
func withKind(cmd *cobra.Command, err error) error {
	if is[*modelimage.UnknownKindError](err) {
		if dir, none := findProject(cmd); none == nil {
			if again := goOnLinked(cmd, dir); again != nil {
				return again
			}
		}
	}
	return err
}

// imageAnswer is what the command prints with --json.
type imageAnswer struct {
	Image    string `json:"image"`
	Platform string `json:"platform"`
	File     string `json:"file,omitempty"` // empty if the engine was given the image
	Program  int64  `json:"program_bytes"`
	Model    int64  `json:"model_bytes"`
}

// tellOfImage tells of an image that was written to a file, or, without one, given to the engine.
func tellOfImage(cmd *cobra.Command, asJSON bool, made *modelimage.Made, platform modelimage.Platform, file string) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), imageAnswer{made.Reference(), platform.String(), file, made.Program, made.Model})
	}
	done, where := "loaded", ""
	if file != "" {
		done, where = "wrote", " to "+file
	}
	_, err := fmt.Fprintf(reportOf(cmd), "%s the image %s (%s)%s: program %s, model %s\nrun it: docker run --rm -p 127.0.0.1:8080:8080 %[2]s\n",
		done, made.Reference(), platform, where, stored.Sized(made.Program), stored.Sized(made.Model))
	return err
}

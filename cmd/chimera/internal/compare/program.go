package compare

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"go/format"
	"slices"
	"strconv"
	"text/template"

	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/distribute"
)

//go:embed main.go.tmpl
var mainFile embed.FS

var mainTemplate = template.Must(template.New("main.go.tmpl").Funcs(template.FuncMap{"quote": strconv.Quote}).ParseFS(mainFile, "main.go.tmpl"))

// build builds a program for each kind of master, in the project's module. It returns the executables by the kind's name.
func (p Project) build(ctx context.Context, ways []Way) (map[string]string, error) {
	mains := map[string][]byte{}
	for _, w := range ways {
		text, err := p.main(w.kind)
		if err != nil {
			return nil, err
		}
		mains[folder(w.kind)] = text
	}
	built, err := program.BuildTexts(ctx, p.Config.Dir, mains)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for _, w := range ways {
		of[w.kind.Name] = built[folder(w.kind)]
	}
	return of, nil
}

// folder is where the compiler sees a program's main.
func folder(k distribute.Kind) string { return "chimera_compare_" + k.Name }

// main is the text of the program that runs a master of a kind: what the project's own main is, with what its chimera.yaml links.
func (p Project) main(k distribute.Kind) ([]byte, error) {
	linked := slices.Clone(p.Config.Imports)
	for _, info := range p.Learners {
		linked = append(linked, info.Package)
	}
	slices.Sort(linked)
	var b bytes.Buffer
	if err := mainTemplate.Execute(&b, map[string]any{"Kind": k, "Linked": slices.Compact(linked)}); err != nil {
		return nil, err
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the program of a %s master: %w", k.Name, err)
	}
	return text, nil
}

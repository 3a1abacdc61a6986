package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// importRule is a rule of the linter depguard, as .golangci.yml has it.
type importRule struct {
	Mode  string   `yaml:"list-mode"`
	Files []string `yaml:"files"`
	Allow []string `yaml:"allow"`
	Deny  []struct {
		Package string `yaml:"pkg"`
		Why     string `yaml:"desc"`
	} `yaml:"deny"`
}

func importRules(t *testing.T) map[string]importRule {
	t.Helper()
	text, err := os.ReadFile("../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]importRule `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Linters.Settings.Depguard.Rules
}

// globParts are what a file pattern is made of; everything else is literal.
var globParts = regexp.MustCompile(`\*\*|\*|\{[^}]*\}`)

// globbed reports whether a pattern of the linter matches a file of the module.
func globbed(pattern, file string) bool {
	var b strings.Builder
	last := 0
	for _, at := range globParts.FindAllStringIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[last:at[0]]))
		switch part := pattern[at[0]:at[1]]; part {
		case "**":
			b.WriteString(".*")
		case "*":
			b.WriteString("[^/]*")
		default:
			b.WriteString("(" + strings.ReplaceAll(regexp.QuoteMeta(strings.Trim(part, "{}")), ",", "|") + ")")
		}
		last = at[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[last:]))
	return regexp.MustCompile("^" + b.String() + "$").MatchString("/" + file)
}

// holds reports whether the rule is about a file.
func (r importRule) holds(file string) bool {
	is := false
	for _, pattern := range r.Files {
		if not, negated := strings.CutPrefix(pattern, "!"); negated {
			if not == "$test" && strings.HasSuffix(file, "_test.go") || globbed(not, file) {
				return false
			}
			continue
		}
		is = is || globbed(pattern, file)
	}
	return is
}

// refuses reports whether the rule forbids an import. The longest entry that
// fits decides; a strict rule refuses what no entry allows.
func (r importRule) refuses(imported string) bool {
	allowed, denied := -1, -1
	for _, entry := range r.Allow {
		allowed = max(allowed, fits(entry, imported))
	}
	for _, entry := range r.Deny {
		denied = max(denied, fits(entry.Package, imported))
	}
	if r.Mode == "strict" {
		return allowed < 0 || denied > allowed
	}
	return denied > allowed
}

// fits is how much of an import an entry of a list names, or -1.
func fits(entry, imported string) int {
	exact, isExact := strings.CutSuffix(entry, "$")
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case entry == "$gostd" && !strings.Contains(first, "."),
		isExact && imported == exact,
		!isExact && strings.HasPrefix(imported, entry):
		return len(exact)
	default:
		return -1
	}
}

// goFiles are the files of the module that are not tests, and what they import.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || name != ".." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file := strings.TrimPrefix(filepath.ToSlash(name), "../")
		files[file] = nil
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			files[file] = append(files[file], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// free are folders that may import everything below them: the program that ties
// the rooms together, and this page.
var free = []string{".", "internal"}

// TestEveryRoomIsHeld checks that every folder with Go code is held by a rule of
// the linter about its imports, and that the code keeps it.
func TestEveryRoomIsHeld(t *testing.T) {
	rules, files := importRules(t), goFiles(t)
	held := map[string]bool{}
	for file, imports := range files {
		dir := path.Dir(file)
		held[dir] = held[dir] || slices.Contains(free, dir)
		for name, rule := range rules {
			if !rule.holds(file) {
				continue
			}
			held[dir] = true
			for _, imported := range imports {
				if rule.refuses(imported) {
					t.Errorf("%s imports %s, which the rule %s of .golangci.yml forbids", file, imported, name)
				}
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(held)) {
		if !held[dir] {
			t.Errorf("%s: no rule of depguard in .golangci.yml says what it may import", dir)
		}
	}
}

// TestRulesNameWhatIsThere checks that no rule outlived the folder it is about,
// or one that it names.
func TestRulesNameWhatIsThere(t *testing.T) {
	files := goFiles(t)
	for name, rule := range importRules(t) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(files)), rule.holds) {
			t.Errorf("the rule %s is about no file", name)
		}
		entries := slices.Clone(rule.Allow)
		for _, d := range rule.Deny {
			entries = append(entries, d.Package)
			if d.Why == "" {
				t.Errorf("the rule %s does not say why %s is denied", name, d.Package)
			}
		}
		for _, entry := range entries {
			dir, ours := strings.CutPrefix(strings.TrimSuffix(entry, "$"), module+"/")
			if !ours {
				continue
			}
			if info, err := os.Stat(filepath.Join("..", dir)); err != nil || !info.IsDir() {
				t.Errorf("the rule %s names %s, which is not a folder", name, entry)
			}
		}
	}
}

// TestRulesRefuse holds what the rooms may not reach, whatever the lists look like.
func TestRulesRefuse(t *testing.T) {
	const aggregation, stages = "distribute/aggregation", "distribute/pipeline"
	rules := importRules(t)
	for room, unreachable := range map[string][]string{
		"learner":             {"registry", "internal/wire", "learner/sgd"},
		"learner/sgd":         {"distribute", "config", "workers/node", "masters/cluster", "api"},
		"registry":            {"config", "workers", "learner/sgd", "distribute"},
		"distribute":          {"config", aggregation, "masters/cluster", "workers/node", "launcher"},
		"distribute/endpoint": {"config", aggregation, "masters/cluster", "workers/node", "launcher"},
		aggregation:           {"config", stages, aggregation + "/master", aggregation + "/worker", "masters/cluster", "workers/node", "launcher"},
		aggregation + "/master": {
			"workers", "workers/node", aggregation + "/worker", stages, stages + "/master", "learner/tree", "learner/mlp", "launcher",
		},
		aggregation + "/worker":             {"config", "masters/cluster", aggregation + "/master", stages, "launcher", "client", "learner/tree"},
		"distribute/parameterserver":        {aggregation, stages, "config"},
		"distribute/parameterserver/master": {aggregation, stages, "learner/sgd", "workers/node"},
		"distribute/parameterserver/worker": {aggregation, stages, "config", "distribute/parameterserver/master"},
		stages:                              {aggregation, "config", "learner/mlp"},
		stages + "/master":                  {aggregation, "learner/mlp", "workers/node"},
		stages + "/worker":                  {aggregation, "config", stages + "/master"},
		"masters":                           {"workers", "launcher", "client", "learner/tree"},
		"masters/cluster":                   {aggregation, aggregation + "/master", "workers", "workers/node", "launcher", "client", "learner/tree"},
		"masters/masterstest":               {aggregation, "launcher", "client"},
		"workers":                           {"config", "masters", "masters/cluster", "launcher", "client", aggregation + "/master", "learner/tree"},
		"workers/node":                      {"config", "masters/cluster", "launcher", "client", aggregation, stages + "/worker"},
		"config":                            {"masters", "masters/cluster", "workers", "launcher", "gen"},
		"gen":                               {"masters", "workers", "launcher", "client"},
		"launcher":                          {"masters", "workers", "learner", "client"},
		"launcher/docker":                   {"masters", "workers", "learner", "client"},
		"client":                            {"masters", "workers", "launcher", "config"},
		"api":                               {"masters", "config", "distribute", "internal/rest"},
		"metrics":                           {"api", "registry", "learner/sgd"},
		"docs":                              {"api", "config", "masters", "learner"},
		"cmd/chimera/cli":                   {"masters", "workers", "learner/sgd"},
		"cmd/chimera/internal/scaffold":     {"masters", "cmd/chimera/cli", "learner/sgd"},
		"cmd/chimera/internal/split":        {"launcher", "masters", "gen", "config"},
		"cmd/chimera/internal/times":        {"config", "learner"},
		"internal/atomicfile":               {"learner", "config", "internal/wire"},
		"internal/setting":                  {"registry", "config"},
		"internal/wire":                     {"api", "learner", "config"},
		"internal/transport":                {"internal/rest", "learner", "workers"},
		"internal/httpserver":               {"internal/rest", "launcher", "api"},
		"internal/rest":                     {"masters", "workers", "config"},
		"examples/bagging":                  {"internal/wire", "cmd/chimera/cli"},
	} {
		for _, other := range unreachable {
			if !refused(rules, room+"/file.go", module+"/"+other) {
				t.Errorf("no rule keeps %s from importing %s", room, other)
			}
		}
		if refused(rules, room+"/file.go", "context") {
			t.Errorf("a rule keeps %s from the standard library", room)
		}
	}
}

// TestKindsKnowNoOther checks that each half of a kind may not reach another kind.
func TestKindsKnowNoOther(t *testing.T) {
	rules, kinds := importRules(t), map[string]bool{}
	for file := range goFiles(t) {
		if parts := strings.Split(file, "/"); parts[0] == "distribute" && len(parts) == 4 {
			kinds[parts[1]] = true
		}
	}
	for kind := range kinds {
		for other := range kinds {
			for _, half := range []string{"", "/master", "/worker"} {
				if kind != other && !refused(rules, "distribute/"+kind+half+"/file.go", module+"/distribute/"+other) {
					t.Errorf("no rule keeps distribute/%s%s from importing the kind %s", kind, half, other)
				}
			}
		}
	}
	if len(kinds) < 3 {
		t.Errorf("only %d kinds were found", len(kinds))
	}
}

func refused(rules map[string]importRule, file, imported string) bool {
	for _, rule := range rules {
		if rule.holds(file) && rule.refuses(imported) {
			return true
		}
	}
	return false
}

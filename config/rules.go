package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
	_ "github.com/gochimera/chimera/registry/allrules" // so that a project's learners may have every rule of package validator
)

// textRules are rules for text that have names of their own in validate tags;
// those without a pattern are package validator's.
var textRules = map[string]setting.Text{
	"dns_label": {
		Words:   "lower-case letters, digits and inner hyphens, at most 63",
		Pattern: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
	},
	"learner_name": {
		Words:   "lower-case words joined by hyphens",
		Pattern: `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`,
	},
	"docker_name": {
		Words:   "letters, digits, and inner dots, hyphens and underscores, at most 64",
		Pattern: `^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`,
	},
	"net_prefix": {
		Words:   "three numbers from 0 to 255 such as 192.168.10",
		Pattern: `^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`,
	},
	"ip|hostname_rfc1123": {Words: "an IP address or a host's name"},
	"hostname_rfc1123":    {Words: "a host's name"},
	"http_url":            {Words: "a URL such as http://host:8081"},
}

// ValidName reports whether s can name a project or a worker: a DNS label
// (RFC 1123) in lower case.
func ValidName(s string) bool { return check.Var(s, "dns_label") == nil }

// ValidLearner reports whether s can name a learner.
func ValidLearner(s string) bool { return check.Var(s, "learner_name") == nil }

// check validates a Config; the names of its fields are those of the file.
var check = newValidator()

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("yaml") })
	for name, r := range textRules {
		if r.Pattern == "" {
			continue
		}
		pattern := regexp.MustCompile(r.Pattern)
		register(v, name, func(l validator.FieldLevel) bool {
			s := l.Field().String()
			return pattern.MatchString(s) && (name != "net_prefix" || isPrefix(s))
		})
	}
	register(v, "options", func(l validator.FieldLevel) bool {
		o, ok := l.Parent().Interface().(setting.Optioned)
		return ok && slices.Contains(o.ParamOptions(l.FieldName()), l.Field().String())
	})
	return v
}

func register(v *validator.Validate, name string, rule validator.Func) {
	if err := v.RegisterValidation(name, rule); err != nil { // an empty name: a mistake in this package
		panic(err)
	}
}

// isPrefix reports whether three numbers may begin an address.
func isPrefix(s string) bool {
	_, err := netip.ParseAddr(s + ".0")
	return err == nil
}

// checkRules applies the validate tags to what could be read.
func (l *loader) checkRules() {
	l.checkSection("", &l.cfg)
	for _, f := range l.fields(reflect.TypeFor[Config]()) {
		if f.kind != "" {
			l.checkSection(f.Name, l.cfg.sections[f.kind])
		}
	}
}

// checkSection applies the validate tags of a section: a pointer to its struct.
func (l *loader) checkSection(section string, settings any) {
	var failures validator.ValidationErrors
	if !errors.As(check.Struct(settings), &failures) {
		return
	}
	known := map[string]field{}
	walk(reflect.TypeOf(settings).Elem(), "", func(path string, f field) { known[path] = f })
	for _, failure := range failures {
		within := pathOf(failure)
		path := join(section, within)
		inherited := generic(path) == "workers[].learner" && !l.given(path)
		if inherited || l.unusable(path) {
			continue
		}
		if missing := failure.Value() == "" || path == "workers"; missing && !l.given(path) {
			l.missing(path)
			continue
		}
		l.outside(path, known[strings.TrimSuffix(generic(within), "[]")], failure) // an entry of a list has the list's rules
	}
}

// pathOf is the path of a setting within its section: the names of the fields,
// without those of embedded structs.
func pathOf(failure validator.FieldError) string {
	_, path, _ := strings.Cut(failure.Namespace(), ".")
	names := slices.DeleteFunc(strings.Split(path, "."), func(name string) bool { return name != strings.ToLower(name) })
	return strings.Join(names, ".")
}

// outside reports a value that is outside its limits.
func (l *loader) outside(path string, f field, failure validator.FieldError) {
	raw := fmt.Sprint(failure.Value())
	got := raw
	switch failure.Kind() {
	case reflect.String:
		got = setting.Quote(got)
	case reflect.Slice:
		got = strconv.Itoa(reflect.ValueOf(failure.Value()).Len())
	default:
	}
	limits := strings.TrimPrefix(f.Limits(), "each ")
	if limits == "" {
		limits = failure.Tag() // a rule that has no words
	}
	advice := l.nearMiss(f, raw)
	linked := (path == "master" || path == "launcher") && len(l.cfg.Packages) > 0
	if linked && advice == "" {
		advice = "a program that links the project's own packages may have it: go run ."
	}
	l.fail(path, "want "+limits+", got "+got, advice)
	l.errs[len(l.errs)-1].Linked = linked
}

// missing reports a setting that has no default and was not given.
func (l *loader) missing(path string) {
	if path != "workers" {
		l.fail(path, "missing", "every worker needs a name")
		return
	}
	if l.cfg.File == "" {
		problem, advice := "no workers: there is no "+FileName+", and this variable is not set", "write one, or name the workers: "
		l.add(place{file: WorkersNodesNames}, path, problem, advice+WorkersNodesNames+`=["worker1","worker2"]`)
		return
	}
	l.add(place{l.cfg.File, 1, 1}, path, "no workers", "list them, or give their number: workers: 2")
}

// nearMiss suggests what a bad value may have meant.
func (l *loader) nearMiss(f field, word string) string {
	if options := f.Options(); options != nil {
		if near := suggest.Closest(word, options); len(near) > 0 {
			return hint(suggest.Hint(word, near))
		}
		return ""
	}
	if safe := SafeName(word); f.Has("dns_label") && safe != "" {
		return fmt.Sprintf("did you mean %q?", safe)
	}
	return ""
}

var notSafe = regexp.MustCompile(`[^a-z0-9]+`)

// SafeName makes a DNS label of any text; "" if nothing of it can be used.
func SafeName(s string) string {
	s = strings.Trim(notSafe.ReplaceAllString(strings.ToLower(s), "-"), "-")
	return strings.Trim(s[:min(len(s), 63)], "-")
}

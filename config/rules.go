package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/suggest"
)

// textRule is a rule for text that has a name of its own in validate tags.
type textRule struct {
	words   string
	pattern string // as JSON Schema has it too; "" for the validator's own rules
	more    func(string) bool
}

var textRules = map[string]textRule{
	"dns_label": {
		words:   "lower-case letters, digits and inner hyphens, at most 63",
		pattern: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
	},
	"learner_name": {
		words:   "lower-case words joined by hyphens",
		pattern: `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`,
	},
	"docker_name": {
		words:   "letters, digits, and inner dots, hyphens and underscores, at most 64",
		pattern: `^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`,
	},
	"net_prefix": {
		words:   "three numbers from 0 to 255 such as 192.168.10",
		pattern: `^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`,
		more: func(s string) bool {
			_, err := netip.ParseAddr(s + ".0")
			return err == nil
		},
	},
	"ip|hostname_rfc1123": {words: "an IP address or a host's name"},
	"http_url":            {words: "a URL such as http://host:8081"},
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
		if r.pattern == "" {
			continue
		}
		pattern := regexp.MustCompile(r.pattern)
		err := v.RegisterValidation(name, func(l validator.FieldLevel) bool {
			s := l.Field().String()
			return pattern.MatchString(s) && (r.more == nil || r.more(s))
		})
		if err != nil { // an empty name: a mistake in this package
			panic(err)
		}
	}
	err := v.RegisterValidation(launcherRule, func(l validator.FieldLevel) bool { return knownLauncher(l.Field().String()) })
	if err != nil { // likewise
		panic(err)
	}
	return v
}

// checkRules applies the validate tags to what could be read.
func (l *loader) checkRules() {
	var failures validator.ValidationErrors
	if !errors.As(check.Struct(&l.cfg), &failures) {
		return
	}
	fields := paths(reflect.TypeFor[Config]())
	for _, failure := range failures {
		_, path, _ := strings.Cut(failure.Namespace(), ".")
		inherited := generic(path) == "workers[].learner" && !l.given(path)
		if inherited || l.unusable(path) {
			continue
		}
		f := fields[generic(path)]
		if missing := failure.Value() == "" || path == "workers"; missing && !l.given(path) {
			l.missing(path)
			continue
		}
		raw := fmt.Sprint(failure.Value())
		got := raw
		if failure.Kind() == reflect.String {
			got = quote(got)
		}
		if failure.Kind() == reflect.Slice {
			got = strconv.Itoa(reflect.ValueOf(failure.Value()).Len())
		}
		l.fail(path, "want "+f.limits()+", got "+got, l.nearMiss(f, raw))
		if path == "launcher" && len(l.cfg.Packages) > 0 {
			l.errs[len(l.errs)-1].Unregistered = path
		}
	}
}

// missing reports a setting that has no default and was not given.
func (l *loader) missing(path string) {
	if path != "workers" {
		l.fail(path, "missing", "every worker needs a name")
		return
	}
	if l.cfg.File == "" {
		l.add(place{file: WorkersNodesNames}, path, "no workers: there is no "+FileName+", and this variable is not set", "write one, or name the workers: "+WorkersNodesNames+`=["worker1","worker2"]`)
		return
	}
	l.add(place{l.cfg.File, 1, 1}, path, "no workers", "list them, or give their number: workers: 2")
}

// nearMiss suggests what a bad value may have meant.
func (l *loader) nearMiss(f setting, word string) string {
	if options := f.options(); options != nil {
		if near := suggest.Closest(word, options); len(near) > 0 {
			return hint(suggest.Hint(word, near))
		}
		return ""
	}
	if safe := SafeName(word); strings.Contains(f.Tag.Get("validate"), "dns_label") && safe != "" {
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

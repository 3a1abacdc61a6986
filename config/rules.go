package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/registry"
)

// textRules are rules for text that have names of their own in validate tags.
var textRules = map[string]setting.Text{
	"dns_label":    patterned("lower-case letters, digits and inner hyphens, at most 63", `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
	"learner_name": patterned("lower-case words joined by hyphens", `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`),
	"docker_name":  patterned("letters, digits, and inner dots, hyphens and underscores, at most 64", `^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`),
	"net_prefix": {
		Words:   "three numbers from 0 to 255 such as 192.168.10",
		Pattern: `^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`,
		Valid:   isPrefix,
	},
	"ip|hostname_rfc1123": {Words: "an IP address or a host's name", Valid: func(s string) bool { return net.ParseIP(s) != nil || isHostname(s) }},
	"hostname_rfc1123":    {Words: "a host's name", Valid: isHostname},
	"image_registry": patterned("a registry and what stands before the names in it, such as registry.example.org/me",
		`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`),
	"swarm_constraint": {Words: "a constraint of Docker Swarm, such as node.labels.disk==ssd", Valid: ValidConstraint},
	"http_url":         {Words: "a URL such as http://host:8081", Valid: isHTTP},
}

// patterned is a rule that a pattern says.
func patterned(words, pattern string) setting.Text {
	return setting.Text{Words: words, Pattern: pattern, Valid: regexp.MustCompile(pattern).MatchString}
}

// ValidName reports whether s can name a project or a worker: a DNS label
// (RFC 1123) in lower case.
func ValidName(s string) bool { return textRules["dns_label"].Valid(s) }

// ValidLearner reports whether s can name a learner.
func ValidLearner(s string) bool { return textRules["learner_name"].Valid(s) }

// isPrefix reports whether three numbers may begin an address.
func isPrefix(s string) bool {
	address, err := netip.ParseAddr(s + ".0")
	return err == nil && address.Is4()
}

var hostLabel = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// isHostname reports whether s can be a host's name (RFC 1123, section 2.1).
func isHostname(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	return true
}

// isHTTP reports whether s is the URL of a server.
func isHTTP(s string) bool {
	u, err := url.Parse(strings.ToLower(s))
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
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
	violations, err := reader.Violations(settings)
	if err != nil {
		panic(fmt.Sprintf("config: the settings %T: %v", settings, err)) // a mistake in this package or in a kind, which their tests find
	}
	known := map[string]field{}
	walk(reflect.TypeOf(settings).Elem(), "", func(path string, f field) { known[path] = f })
	for _, v := range violations {
		path := join(section, v.Path)
		inherited := generic(path) == "workers[].learner" && !l.given(path)
		if inherited || l.unusable(path) {
			continue
		}
		if missing := v.Value.Kind() == reflect.String && v.Value.Len() == 0 || path == "workers"; missing && !l.given(path) {
			l.missing(path)
			continue
		}
		l.outside(path, known[strings.TrimSuffix(generic(v.Path), "[]")], v) // an entry of a list has the list's rules
	}
}

// outside reports a value that is outside its limits.
func (l *loader) outside(path string, f field, v setting.Violation) {
	if v.Unchecked {
		l.fail(path, fmt.Sprintf("the rule %q is one of package validator, which this program does not link", v.Rule),
			"its package imports "+registry.AllRules)
		return
	}
	raw := fmt.Sprint(v.Value.Interface())
	got := raw
	switch v.Value.Kind() {
	case reflect.String:
		got = setting.Quote(got)
	case reflect.Slice:
		got = strconv.Itoa(v.Value.Len())
	default:
	}
	limits := strings.TrimPrefix(f.Limits(), "each ")
	if limits == "" {
		limits = v.Rule // a rule that has no words
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

package setting

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// rules are a validate tag: what holds for a value, and behind "dive" what holds
// for its items.
type rules struct {
	own   []rule
	items *rules
}

// rule is one rule, as in gte=1.
type rule struct{ name, arg string }

func parseRules(tag string) rules {
	var r rules
	own, items, dives := cutRule(tag, "dive")
	for text := range strings.SplitSeq(own, ",") {
		name, arg, _ := strings.Cut(text, "=")
		switch {
		case name == "", name == "-":
		case strings.Contains(text, "|"): // one of several rules
			r.own = append(r.own, rule{name: text})
		default:
			r.own = append(r.own, rule{name, arg})
		}
	}
	if dives {
		inner := parseRules(items)
		r.items = &inner
	}
	return r
}

// cutRule splits a tag around the first rule of a name.
func cutRule(tag, name string) (before, after string, found bool) {
	all := strings.Split(tag, ",")
	if i := slices.Index(all, name); i >= 0 {
		return strings.Join(all[:i], ","), strings.Join(all[i+1:], ","), true
	}
	return tag, "", false
}

// Options are the values of a field that has a list of them.
func (f Field) Options() []string {
	if f.options != nil {
		return f.options
	}
	for _, r := range f.rules.own {
		if r.name == "oneof" {
			return words(r.arg)
		}
	}
	return nil
}

// words splits options; one with blanks in it is in single quotes.
func words(list string) []string {
	var all []string
	for i, part := range strings.Split(list, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// Has reports whether a rule of this name holds for the field.
func (f Field) Has(name string) bool {
	return slices.ContainsFunc(f.rules.own, func(r rule) bool { return r.name == name })
}

// Ruled reports whether any rule holds for the field.
func (f Field) Ruled() bool { return len(f.rules.own) > 0 || f.rules.items != nil || f.options != nil }

// Limits puts the rules into words; it is empty if there are none.
func (f Field) Limits() string {
	l, _ := f.limits()
	return strings.Join(l.words, " and ")
}

// Others are the rules that this package cannot check, for example email.
func (f Field) Others() []string {
	l, _ := f.limits()
	return l.others
}

// Constrain adds the rules to the schema of the field's type. The error is about
// a rule that makes no sense for that type.
func (f Field) Constrain(schema map[string]any) error {
	l, err := f.limits()
	l.addTo(schema)
	return err
}

// limits is what rules say.
type limits struct {
	words    []string
	keywords map[string]any // of JSON Schema
	items    *limits
	others   []string
}

func (f Field) limits() (limits, error) {
	r := f.rules
	if f.options != nil {
		r.own = slices.DeleteFunc(slices.Clone(r.own), func(r rule) bool { return r.name == "oneof" || r.name == "options" })
	}
	l, err := f.read(f.Type, r)
	if f.options != nil {
		l.words = append(l.words, "one of "+strings.Join(f.options, ", "))
		l.keywords["enum"] = f.options
	}
	return l, err
}

// read reads the rules of a type, up to an omitempty, and what comes behind that.
func (f Field) read(t reflect.Type, r rules) (limits, error) {
	l := limits{keywords: map[string]any{}}
	for i, one := range r.own {
		if one.name == "omitempty" {
			rest, err := f.read(t, rules{r.own[i+1:], r.items})
			if err != nil {
				return l, err
			}
			return l.orEmpty(t, rest), nil
		}
		if err := f.add(&l, t, one); err != nil {
			return l, fmt.Errorf("validate tag %q: %w", one.name+"="+one.arg, err)
		}
	}
	if r.items == nil {
		return l, nil
	}
	if t.Kind() != reflect.Slice {
		l.others = append(l.others, "dive")
		return l, nil
	}
	items, err := f.read(t.Elem(), *r.items)
	l.items, l.others = &items, append(l.others, items.others...)
	if inner := strings.Join(items.words, " and "); inner != "" {
		l.words = append(l.words, "each "+inner)
	}
	return l, err
}

// orEmpty adds rules that do not hold for a zero value.
func (l limits) orEmpty(t reflect.Type, rest limits) limits {
	l.words, l.others = append(l.words, rest.words...), append(l.others, rest.others...)
	zero := map[reflect.Kind]any{reflect.String: "", reflect.Bool: false}[t.Kind()]
	switch {
	case t.Kind() == reflect.Slice: // only a list that is not given is nil
		l.items = rest.items
		for keyword, v := range rest.keywords {
			l.keywords[keyword] = v
		}
		return l
	case zero == nil:
		zero = 0
	}
	if len(rest.keywords) > 0 {
		l.keywords["anyOf"] = []any{map[string]any{"const": zero}, rest.keywords}
	}
	return l
}

func (l limits) addTo(schema map[string]any) {
	for keyword, v := range l.keywords {
		schema[keyword] = v
	}
	if items, ok := schema["items"].(map[string]any); ok && l.items != nil {
		l.items.addTo(items)
	}
}

// add adds one rule for values of a type.
func (f Field) add(l *limits, t reflect.Type, r rule) error {
	if text, ok := f.texts[r.name]; ok {
		l.words = append(l.words, text.Words)
		if text.Pattern != "" {
			l.keywords["pattern"] = text.Pattern
		}
		return nil
	}
	if r.name == "oneof" {
		options, err := optionsOf(t, r.arg)
		l.words, l.keywords["enum"] = append(l.words, "one of "+strings.Join(words(r.arg), ", ")), options
		return err
	}
	var known bool
	var err error
	switch {
	case isNumber(t.Kind()):
		known, err = l.addNumber(t, r)
	case t.Kind() == reflect.String:
		known, err = l.addCount(r, "Length", "characters")
	case t.Kind() == reflect.Slice:
		noun := "items"
		if _, named := schemer(t); named {
			noun = "" // its name says of what it is a list
		}
		known, err = l.addCount(r, "Items", noun)
	case t.Kind() == reflect.Bool && r.name == "required":
		l.words, l.keywords["const"], known = append(l.words, "true"), true, true
	}
	if !known {
		l.others = append(l.others, r.name)
	}
	return err
}

// optionsOf are the options as values of a type.
func optionsOf(t reflect.Type, list string) (any, error) {
	texts := words(list)
	if t.Kind() == reflect.String {
		return texts, nil
	}
	if !isNumber(t.Kind()) || t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64 {
		return texts, fmt.Errorf("options are for text and whole numbers, not for a %s", t)
	}
	numbers := make([]int, len(texts))
	for i, text := range texts {
		n, err := strconv.Atoi(text)
		if err != nil {
			return texts, err
		}
		numbers[i] = n
	}
	return numbers, nil
}

func isNumber(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Float64 && k != reflect.Uintptr
}

var (
	keywordOf = map[string]string{
		"gte": "minimum", "min": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "max": "maximum", "lt": "exclusiveMaximum", "eq": "const",
	}
	signOf = map[string]string{"gte": ">= ", "min": ">= ", "gt": "> ", "lte": "<= ", "max": "<= ", "lt": "< ", "eq": ""}
)

// addNumber adds a rule for a number.
func (l *limits) addNumber(t reflect.Type, r rule) (known bool, err error) {
	switch keyword, ok := keywordOf[r.name]; {
	case r.name == "required":
		l.words, l.keywords["not"] = append(l.words, "not 0"), map[string]any{"const": 0}
		return true, nil
	case r.name == "ne":
		n, err := strconv.ParseFloat(r.arg, 64)
		l.words, l.keywords["not"] = append(l.words, "not "+r.arg), map[string]any{"const": n}
		return true, err
	case !ok:
		return false, nil
	default:
		n, err := strconv.ParseFloat(r.arg, 64)
		arg := r.arg
		if t == reflect.TypeFor[Size]() {
			arg = Size(n).String()
		}
		l.words, l.keywords[keyword] = append(l.words, signOf[r.name]+arg), n
		return true, err
	}
}

// addCount adds a rule for how many characters or items there are.
func (l *limits) addCount(r rule, keyword, noun string) (known bool, err error) {
	if r.name == "required" {
		if keyword == "Length" { // a list that is given is never nil
			l.words, l.keywords["minLength"] = append(l.words, "not empty"), 1
		}
		return true, nil
	}
	if !slices.Contains([]string{"min", "gte", "gt", "max", "lte", "lt", "len"}, r.name) {
		return false, nil
	}
	n, err := strconv.Atoi(r.arg)
	switch r.name {
	case "gt":
		n++
	case "lt":
		n--
	}
	word := "at least"
	switch r.name {
	case "min", "gte", "gt":
		l.keywords["min"+keyword] = n
	case "max", "lte", "lt":
		word, l.keywords["max"+keyword] = "at most", n
	case "len":
		word, l.keywords["min"+keyword], l.keywords["max"+keyword] = "exactly", n, n
	}
	l.words = append(l.words, strings.TrimSpace(fmt.Sprintf("%s %d %s", word, n, noun)))
	return true, err
}

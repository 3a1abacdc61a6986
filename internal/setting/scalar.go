package setting

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// ScalarKind is what text means.
type ScalarKind int

// The kinds of scalars.
const (
	TextScalar ScalarKind = iota
	NullScalar
	BoolScalar
	IntScalar
	FloatScalar
)

// Scalar is a single value as written.
type Scalar struct {
	Text string
	Kind ScalarKind
}

var (
	intRule   = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatRule = regexp.MustCompile(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
	zeroRule  = regexp.MustCompile(`^([-+]?)0+([0-9])`)
)

// Plain returns what text without quotes means, by the core schema of YAML 1.2.
func Plain(s string) Scalar {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Scalar{Text: s, Kind: NullScalar}
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Scalar{Text: s, Kind: BoolScalar}
	}
	switch {
	case intRule.MatchString(s): // without the leading zeros, which strconv and big would read as octal
		return Scalar{Text: strings.TrimPrefix(zeroRule.ReplaceAllString(s, "$1$2"), "+"), Kind: IntScalar}
	case floatRule.MatchString(s):
		return Scalar{Text: s, Kind: FloatScalar}
	}
	return Scalar{Text: s}
}

// For reads text that is not YAML, but a tag, a variable or a flag: for a value
// that is text it is just that, quotes or not.
func For(t reflect.Type, text string) Scalar {
	if t.Kind() == reflect.String {
		return Scalar{Text: text}
	}
	return Plain(text)
}

// JSON is the scalar as canonical JSON: 1e-4 is 0.0001. A number that was written with a point or an
// exponent keeps a point, 5.00 being 5.0, since for some values the type is the meaning: a share of
// 1.0 is all, a count of 1 is one.
func (s Scalar) JSON() (string, error) {
	switch s.Kind {
	case NullScalar:
		return "null", nil
	case BoolScalar:
		return strings.ToLower(s.Text), nil
	case IntScalar:
		v, ok := new(big.Int).SetString(s.Text, 0)
		if ok && (v.IsInt64() || v.IsUint64()) {
			return v.String(), nil
		}
		return "", errors.New("the number " + Clip(s.Text) + " is out of range")
	case FloatScalar:
		v, err := strconv.ParseFloat(s.Text, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return "", errors.New("want a finite number, got " + Clip(s.Text))
		}
		text, err := json.Marshal(v)
		if !bytes.ContainsAny(text, ".e") {
			text = append(text, ".0"...)
		}
		return string(text), err
	default:
		text, err := json.Marshal(s.Text)
		return string(text), err
	}
}

// errKind is about a value of another kind than the field.
var errKind = errors.New("another kind of value")

// Set writes the scalar into v, or says why it cannot. want is what v takes, for
// what it says.
func (s Scalar) Set(v reflect.Value, want string) (problem, advice string) {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(s.Text)); err != nil {
			return err.Error(), ""
		}
		return "", ""
	}
	err := s.set(v)
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, strconv.ErrRange):
		advice = "the number is out of range"
	case v.Kind() == reflect.String && !strings.HasPrefix(want, "one of "):
		advice = "put it in quotes if it is meant as text"
	}
	got := Clip(s.Text)
	if s.Kind == TextScalar {
		got = Quote(s.Text)
	}
	return "want " + want + ", got " + got, advice
}

func (s Scalar) set(v reflect.Value) error {
	switch {
	case v.Kind() == reflect.String && s.Kind == TextScalar:
		v.SetString(s.Text)
	case v.Kind() == reflect.Bool && s.Kind == BoolScalar:
		v.SetBool(strings.EqualFold(s.Text, "true"))
	case v.CanInt() && s.Kind == IntScalar:
		n, err := strconv.ParseInt(s.Text, 0, v.Type().Bits())
		v.SetInt(n)
		return err
	case v.CanUint() && s.Kind == IntScalar:
		n, err := strconv.ParseUint(s.Text, 0, v.Type().Bits())
		v.SetUint(n)
		return err
	case v.CanFloat() && (s.Kind == IntScalar || s.Kind == FloatScalar):
		f, err := strconv.ParseFloat(s.Text, 64)
		if err == nil && math.IsInf(f, 0) {
			err = errKind
		}
		v.SetFloat(f)
		return err
	default:
		return errKind
	}
	return nil
}

// Quote puts text in quotes, and clips it.
func Quote(s string) string { return fmt.Sprintf("%q", Clip(s)) }

// Clip shortens what is echoed in an error.
func Clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

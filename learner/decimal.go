package learner

import (
	"cmp"
	"strconv"
	"strings"
)

// decimalNumber is the exact value of a decimal text: ±0.digits * 10^scale, with neither a first nor a
// last digit that is 0. Zero has no digits, no sign and no scale.
type decimalNumber struct {
	negative bool
	digits   string
	scale    int
}

// maxScale bounds the exponents that are computed with; a text beyond is no number.
const maxScale = 1 << 20

// parseDecimal reads a decimal number and refuses what strconv accepts beyond
// that (hexadecimal, underscores, "inf", "nan").
func parseDecimal(s string) (d decimalNumber, ok bool) {
	if s == "" || strings.Trim(s, "+-.0123456789eE") != "" {
		return d, false
	}
	mantissa, exponent, has := strings.Cut(s, "e")
	if !has {
		mantissa, exponent, has = strings.Cut(s, "E")
	}
	if has {
		var err error
		if d.scale, err = strconv.Atoi(exponent); err != nil || max(d.scale, -d.scale) > maxScale {
			return d, false
		}
	}
	if rest, negative := strings.CutPrefix(mantissa, "-"); negative {
		d.negative, mantissa = true, rest
	} else {
		mantissa = strings.TrimPrefix(mantissa, "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, false
	}
	d.digits = strings.TrimLeft(digits, "0")
	d.scale += len(whole) - (len(digits) - len(d.digits))
	if d.digits = strings.TrimRight(d.digits, "0"); d.digits == "" {
		return decimalNumber{}, true
	}
	return d, true
}

// isWhole reports whether the number has no digits behind the point.
func (d decimalNumber) isWhole() bool { return d.scale >= len(d.digits) }

// compare orders numbers by their values.
func (d decimalNumber) compare(other decimalNumber) int {
	if a, b := d.sign(), other.sign(); a != b || a == 0 {
		return cmp.Compare(a, b)
	}
	order := cmp.Compare(d.scale, other.scale)
	if order == 0 {
		order = strings.Compare(d.digits, other.digits)
	}
	return order * d.sign()
}

func (d decimalNumber) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}

// plainDigits is how long a number may be that is written without an exponent.
const plainDigits = 40

// String is the number in its shortest form.
func (d decimalNumber) String() string {
	sign := ""
	if d.negative {
		sign = "-"
	}
	n := len(d.digits)
	switch {
	case n == 0:
		return "0"
	case d.scale > 0 && d.scale <= n:
		return strings.TrimSuffix(sign+d.digits[:d.scale]+"."+d.digits[d.scale:], ".")
	case d.scale > n && d.scale <= plainDigits:
		return sign + d.digits + strings.Repeat("0", d.scale-n)
	case d.scale <= 0 && n-d.scale <= plainDigits:
		return sign + "0." + strings.Repeat("0", -d.scale) + d.digits
	default:
		return strings.TrimSuffix(sign+d.digits[:1]+"."+d.digits[1:], ".") + "e" + strconv.Itoa(d.scale-1)
	}
}

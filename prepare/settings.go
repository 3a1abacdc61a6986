package prepare

import "strings"

// The words for a preparation as a whole.
const (
	Auto = "auto" // what the learners' traits ask for
	None = "none" // numbers as they are, as in the Python package; texts are refused
)

// The ways to impute, beside Auto and None.
const (
	Median       = "median"
	Mean         = "mean"
	MostFrequent = "most_frequent"
	Constant     = "constant"
)

// The ways to encode, beside Auto.
const (
	OneHot    = "one-hot"
	Ordinal   = "ordinal"
	Frequency = "frequency"
	Target    = "target"
)

// The ways to scale, beside Auto and None.
const (
	Standard = "standard"
	MinMax   = "minmax"
	Robust   = "robust"
)

// What is done with categories that no worker had.
const (
	Ignore = "ignore"
	Refuse = "error"
)

// Limits of what is counted for one column.
const (
	DefaultMaxCategories = 255
	MostCategories       = 65536 // that workers count, whatever the settings
	MostValues           = 65536 // distinct numbers that are counted one by one
)

// Settings are the section prepare of chimera.yaml, which may also be one of the words auto and none. They are
// named as in scikit-learn where it has the same setting. What is auto depends on the learners; what is empty
// or 0 is the default.
type Settings struct {
	Mode          string  `yaml:"mode" json:"mode,omitempty" default:"auto" validate:"oneof=auto none"`
	Impute        string  `yaml:"impute" json:"impute,omitempty" default:"auto" validate:"oneof=auto median mean most_frequent constant none"`
	FillValue     string  `yaml:"fill_value" json:"fill_value,omitempty"`
	Indicator     bool    `yaml:"indicator" json:"indicator,omitempty" default:"false"`
	Encode        string  `yaml:"encode" json:"encode,omitempty" default:"auto" validate:"oneof=auto one-hot ordinal frequency target"`
	Scale         string  `yaml:"scale" json:"scale,omitempty" default:"auto" validate:"oneof=auto standard minmax robust none"`
	MinFrequency  float64 `yaml:"min_frequency" json:"min_frequency,omitempty" default:"0" validate:"gte=0"`
	MaxCategories int     `yaml:"max_categories" json:"max_categories,omitempty" default:"255" validate:"gte=2,lte=65536"`
	Unknown       string  `yaml:"unknown" json:"unknown,omitempty" default:"ignore" validate:"oneof=ignore error"`

	Approximation string `yaml:"kernel_approximation" json:"kernel_approximation,omitempty" default:"none" validate:"oneof=none rbf-sampler nystroem"`
	Gamma         Gamma  `yaml:"gamma" json:"gamma,omitempty" default:"scale"`
	Components    int    `yaml:"n_components" json:"n_components,omitempty" default:"100" validate:"gte=1,lte=16384"`

	Drop    []string          `yaml:"drop" json:"drop,omitempty"`
	Columns map[string]Column `yaml:"columns" json:"columns,omitempty"`
}

// Column are the settings of one column; what is empty is as in the section.
type Column struct {
	Kind         Kind    `yaml:"kind" json:"kind,omitempty" validate:"omitempty,oneof=numeric categorical dropped"`
	Impute       string  `yaml:"impute" json:"impute,omitempty" validate:"omitempty,oneof=auto median mean most_frequent constant none"`
	FillValue    string  `yaml:"fill_value" json:"fill_value,omitempty"`
	Indicator    *bool   `yaml:"indicator" json:"indicator,omitempty"`
	Encode       string  `yaml:"encode" json:"encode,omitempty" validate:"omitempty,oneof=auto one-hot ordinal frequency target"`
	Scale        string  `yaml:"scale" json:"scale,omitempty" validate:"omitempty,oneof=auto standard minmax robust none"`
	MinFrequency float64 `yaml:"min_frequency" json:"min_frequency,omitempty" validate:"gte=0"`
	Unknown      string  `yaml:"unknown" json:"unknown,omitempty" validate:"omitempty,oneof=ignore error"`
}

// Kind is what a column is.
type Kind string

// The kinds.
const (
	Numeric     Kind = "numeric"
	Categorical Kind = "categorical"
	Dropped     Kind = "dropped"
)

// IsDefault reports whether no setting differs from its default.
func (s Settings) IsDefault() bool {
	d := s.defaults()
	return d.Mode == Auto && d.Impute == Auto && d.FillValue == "" && !d.Indicator && d.Encode == Auto && d.Scale == Auto && d.MinFrequency == 0 &&
		d.MaxCategories == DefaultMaxCategories && d.Unknown == Ignore && d.Approximation == None && len(d.Drop) == 0 && len(d.Columns) == 0
}

// defaults fills in what is not set.
func (s Settings) defaults() Settings {
	for _, word := range []*string{&s.Mode, &s.Impute, &s.Encode, &s.Scale} {
		*word = either(*word, Auto)
	}
	s.Unknown, s.Approximation = either(s.Unknown, Ignore), either(s.Approximation, None)
	if s.Gamma == "" {
		s.Gamma = DefaultGamma
	}
	if s.Components == 0 {
		s.Components = DefaultComponents
	}
	if s.MaxCategories == 0 {
		s.MaxCategories = DefaultMaxCategories
	}
	return s
}

func either(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}

// columnName is the form in which names of columns are compared, as everywhere: trimmed, in lower case.
func columnName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

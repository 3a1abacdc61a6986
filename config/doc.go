// Package config turns chimera.yaml, the environment and the flags of a
// program into one validated [Config].
//
// A later source wins over an earlier one: the defaults, chimera.yaml, the
// environment, the overrides (flags). Everything that is wrong is reported at
// once as [Errors], each with its file, line and column, or the variable or
// flag that gave it, and with what is allowed.
//
// Every setting is declared once, as a struct field with these tags:
//
//   - yaml: its name in chimera.yaml,
//   - default: its default value, written as in chimera.yaml,
//   - otherwise: its default in words, where that is not a constant,
//   - env: the environment variable that sets it,
//   - validate: its limits (the rules that package registry describes, and those for text in rules.go;
//     options, for those that the struct's ParamOptions gives at run time),
//   - formerly: its old name, which still works, with a note,
//   - doc: one sentence for the reference; where that would make the line too long,
//     the struct's method Docs says it by the setting's name.
//
// The decoder, the checks, [Reference], [Markdown] and [JSONSchema] all read
// those tags, by package setting, so they cannot disagree. To add a section, add a
// struct. The sections of the kinds of distribution are those that package
// distribute knows; [SettingsOf] gives their settings.
//
// The package imports learner, registry, distribute, prepare and internal/dataio (for how rows are prepared and files
// are read); it links no learner, starts nothing and writes nothing.
package config

//go:generate go test -run ^TestReferenceIsUpToDate$ . -update

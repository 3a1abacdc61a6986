package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
)

// Row documents one setting.
type Row struct {
	Path    string // such as "network.prefix" or "workers[].port"
	Type    string // in words
	Default string // as it would be written, or in words; "" if there is none
	Limits  string // in words; "" if there are none
	Env     string // the variable that sets it; "" if there is none
	Doc     string // one sentence

	Formerly string // its old name, which still works; "" if there is none
}

// Reference documents every setting, in the order of the struct's fields, a
// section before what is in it.
func Reference() []Row {
	var rows []Row
	walk(reflect.TypeFor[Config](), "", func(path string, f field) {
		row := Row{Path: path, Type: setting.TypeName(f.Type), Default: f.Default, Limits: f.Limits(), Env: f.Env, Formerly: f.Formerly, Doc: f.Doc}
		if f.Otherwise != "" {
			row.Default = f.Otherwise
		}
		rows = append(rows, row)
	})
	return rows
}

// Markdown is the reference as a page.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# chimera.yaml

<!-- Generated from package config by: go generate ./config -->

A setting's value is its default, unless ` + "`" + FileName + "`" + ` gives one, unless its environment variable does, unless a flag
does. An empty variable counts as not set. A setting that is unknown or out of its limits is refused with its line and
column.

| setting | type | default | limits | variable | what it is |
|---|---|---|---|---|---|
`)
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	code := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + s + "`"
	}
	for _, r := range Reference() {
		doc := cell.Replace(r.Doc)
		if r.Formerly != "" {
			doc += " (formerly " + code(r.Formerly) + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n",
			code(r.Path), cell.Replace(r.Type), cell.Replace(r.Default), cell.Replace(r.Limits), code(r.Env), doc)
	}
	fmt.Fprintf(&b, `
The variables of the workers are JSON lists (or lists and tuples as Python writes them), in the order of the workers: %s names them
(those that the file has too keep their settings there, its others are left out); %s has one number for each, or one for all; %s has one for each.
%s is the project folder.

A setting that is marked with a former name may be given by that too; both at once are refused.

## Kinds of distribution

| master | what it does | what a learner must be | settings |
|---|---|---|---|
`, code(WorkersNodesNames), code(WorkersCPUShares), code(WorkersMappedPorts), code(ProjectVariable))
	for _, k := range distribute.List() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(k.Name), cell.Replace(k.Summary), needs(k), code(k.Section))
	}
	b.WriteString(`
## Launchers

A package that the program imports can register others (package launcher).

| launcher | a worker is |
|---|---|
`)
	for _, l := range Launchers() {
		fmt.Fprintf(&b, "| %s | %s |\n", code(l.Name), cell.Replace(l.Summary))
	}
	return b.String()
}

// needs is what a learner must be for a kind.
func needs(k distribute.Kind) string {
	if len(k.Needs) == 0 {
		return "any"
	}
	names := make([]string, len(k.Needs))
	for i, n := range k.Needs {
		names[i] = string(n.Capability)
	}
	return strings.Join(names, ", ")
}

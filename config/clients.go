package config

import (
	"path/filepath"
	"reflect"
)

// TokensFile is the file with the clients' tokens, absolute if the project has a folder.
func (c *Config) TokensFile() string {
	file := filepath.FromSlash(c.Security.Tokens)
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(c.Dir, file)
}

// ClientSecurity is by what a master knows its clients.
type ClientSecurity string

// The ways to know clients.
const (
	ClientsNone  ClientSecurity = "none"
	ClientsToken ClientSecurity = "token"
)

// ServingSecurity are the settings of security for a program that serves a model on its own: those of the environment, and else the defaults,
// since those of the model's chimera.yaml are of the project's machine. told reports whether the environment says by what clients are known.
func ServingSecurity(env func(string) (string, bool)) (settings []Override, told bool) {
	l := &loader{opts: Options{Env: env}}
	walk(reflect.TypeFor[Security](), "security", func(path string, f field) {
		if path == "security.workers" {
			return
		}
		settings = append(settings, Override{Field: path, Value: f.Default, Source: "the default of " + path})
		if text, given := l.variable(f.Env); given {
			settings = append(settings, Override{Field: path, Value: text, Source: f.Env})
			told = told || path == "security.clients"
		}
	})
	return settings, told
}

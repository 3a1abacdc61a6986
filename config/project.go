package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Search says where a project may be.
type Search struct {
	Option     string                      // what the caller asks for; "" for nothing
	Env        func(string) (string, bool) // for CHIMERA_PROJECT; nil is an empty environment
	WorkingDir string                      // "" is the process's
	MainDir    string                      // the folder of the running main package's source, see MainDir; "" if it is not known
}

// FindProject finds the project folder, as an absolute path: the option, else
// CHIMERA_PROJECT, else the working directory if it is a project (it has a
// chimera.yaml, or the workers' mains), else MainDir.
func FindProject(s Search) (string, error) {
	if s.WorkingDir == "" {
		wd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		s.WorkingDir = wd
	}
	if s.Option != "" {
		return folder(s.WorkingDir, s.Option, "the project option")
	}
	if s.Env != nil {
		if dir, ok := s.Env(ProjectVariable); ok && dir != "" {
			return folder(s.WorkingDir, dir, ProjectVariable)
		}
	}
	for _, name := range []string{FileName, WorkersFolder} {
		if _, err := os.Stat(filepath.Join(s.WorkingDir, name)); err == nil {
			return filepath.Abs(s.WorkingDir)
		}
	}
	if s.MainDir != "" {
		if info, err := os.Stat(s.MainDir); err == nil && info.IsDir() {
			return filepath.Abs(s.MainDir)
		}
	}
	return "", fmt.Errorf("no project found: %s has no %s; run in a project's folder, or name one with %s", s.WorkingDir, FileName, ProjectVariable)
}

func folder(wd, dir, source string) (string, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(wd, dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", source, err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s: %s is not a folder", source, dir)
	}
	return filepath.Abs(dir)
}

// MainDir is the folder of the running main package's source, found on the
// calling goroutine's stack; "" if the program was built without paths
// (-trimpath) or the goroutine was not started by package main. The folder
// need not exist on this machine.
func MainDir() string {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var dir string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, "main.") && filepath.IsAbs(filepath.FromSlash(f.File)) {
			dir = filepath.Dir(filepath.FromSlash(f.File)) // the outermost is main.main itself, if it is there
		}
	}
	return dir
}

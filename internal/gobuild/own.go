package gobuild

import (
	"context"
	"errors"
	"runtime/debug"
)

// Own is how packages are compiled. What this program was compiled with lies
// in the go command's cache already, so workers that are compiled likewise
// share its packages and are merely linked. On a fresh machine that saves
// compiling all of the standard library a second time. The zero value is what
// is right without knowing: no cgo, and no paths of this machine.
type Own struct {
	Cgo   bool // with cgo, if there is a C compiler
	Paths bool // with the paths of the source files, which -trimpath leaves out
}

// ThisProgram is how the running program was compiled.
func ThisProgram() Own {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Own{}
	}
	return ownOf(info.Settings)
}

func ownOf(settings []debug.BuildSetting) Own {
	o := Own{Paths: true}
	known := false
	for _, s := range settings {
		switch s.Key {
		case "CGO_ENABLED":
			known, o.Cgo = true, s.Value == "1"
		case "-trimpath":
			o.Paths = s.Value != "true"
		}
	}
	if !known { // another build system than the go command
		return Own{}
	}
	return o
}

// possible is the request without what this machine cannot do: containers get
// what runs without libraries, and a program that was compiled elsewhere may
// know cgo where there is no C compiler.
func (r Request) possible(ctx context.Context, tool string) (Request, error) {
	if r.Target.static() {
		r.Like = Own{}
	}
	if !r.Like.Cgo {
		return r, nil
	}
	var none *NoCompilerError
	err := compiler(ctx, tool, r, nil)
	if errors.As(err, &none) {
		r.Like.Cgo, err = false, nil
	}
	return r, err
}

// Package allrules lets parameters of learners have every rule that
// github.com/go-playground/validator knows, and the settings of kinds of distribution
// too, where package registry and package config themselves check only the usual ones.
// Package chimera, the command line and learner/learnertest import it, and so do the
// generated mains of workers whose learner is a project's own. Another program
// that has such rules imports it itself:
//
//	import _ "github.com/gochimera/chimera/registry/allrules"
//
// A program that links it is about 4.5 MB larger: package validator looks for methods by name, so that
// the linker must keep every method of the program.
package allrules

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/setting"
)

func init() {
	setting.CheckOthersWith(func(r setting.Reader, params any) []setting.Failure {
		var failures validator.ValidationErrors
		if err := validatorOf(r).Struct(params); err == nil || !errors.As(err, &failures) {
			return nil
		}
		list := make([]setting.Failure, len(failures))
		for i, f := range failures {
			list[i] = setting.Failure{Name: f.Field(), Path: pathOf(f), Rule: f.Tag(), Value: f.Value()}
		}
		return list
	})
}

// validatorOf is a validator of the structs that r reads. What r has names of its own for, it has checked.
func validatorOf(r setting.Reader) *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get(r.Tag), ",")
		return name
	})
	own := append(slices.Collect(maps.Keys(r.Texts)), "options")
	for _, name := range own {
		if strings.Contains(name, "|") { // it is made of rules that the validator has
			continue
		}
		if err := v.RegisterValidation(name, func(validator.FieldLevel) bool { return true }); err != nil {
			panic(err) // an empty name: a mistake in the package that reads
		}
	}
	return v
}

// pathOf is a field within its struct: the names of what it is in, without those of embedded structs.
func pathOf(f validator.FieldError) string {
	_, path, _ := strings.Cut(f.Namespace(), ".")
	names := slices.DeleteFunc(strings.Split(path, "."), func(name string) bool { return name != strings.ToLower(name) })
	return strings.Join(names, ".")
}

// Package allrules lets parameters of learners have every rule that
// github.com/go-playground/validator knows, where package registry itself checks
// only the usual ones. Package config and learner/learnertest import it, and so do the
// generated mains of workers whose learner is a project's own. Another program
// with learners that have such rules imports it itself:
//
//	import _ "github.com/gochimera/chimera/registry/allrules"
//
// A worker that links it is about 4.5 MB larger.
package allrules

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/setting"
)

func init() {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	setting.CheckOthersWith(func(params any) []setting.Failure {
		var failures validator.ValidationErrors
		if err := v.Struct(params); err == nil || !errors.As(err, &failures) {
			return nil
		}
		list := make([]setting.Failure, len(failures))
		for i, f := range failures {
			list[i] = setting.Failure{Name: f.Field(), Rule: f.Tag(), Value: f.Value()}
		}
		return list
	})
}

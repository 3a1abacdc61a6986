package config

import (
	"fmt"
	"reflect"

	"github.com/gochimera/chimera/distribute/pipeline"
)

// Pipeline is the pipeline master's settings.
type Pipeline = pipeline.Settings

// checkPipeline checks what a pipeline asks of the settings together.
func (l *loader) checkPipeline() {
	workers := l.cfg.Workers
	if l.cfg.Master != PipelineMaster {
		for i := range workers {
			if path := index("workers", i) + ".layers"; l.given(path) {
				l.fail(path, "only a pipeline has layers to share out", "leave it out, or choose master: pipeline")
			}
		}
		return
	}
	l.checkOneModel("pipeline")
	given := 0
	for _, w := range workers {
		if w.Layers > 0 {
			given++
		}
	}
	for i, w := range workers {
		path := index("workers", i)
		if given > 0 && w.Layers == 0 && !l.unusable(path+".layers") {
			l.fail(path+".layers", "missing: other workers say how many layers they have", "say it for all, or for none, and they are balanced by their cost")
		}
	}
	l.checkIgnored("params")
	for i := range workers {
		l.checkIgnored(index("workers", i) + ".params")
	}
}

// checkIgnored refuses parameters of a learner that are about training, which
// the pipeline's own settings are.
func (l *loader) checkIgnored(params string) {
	for _, f := range settings(reflect.TypeFor[Pipeline]()) {
		path := join(params, f.name)
		if _, ok := l.keys[path]; ok {
			l.fail(path, "a pipeline trains by its own settings, so this would do nothing", "say pipeline: {"+f.name+": ...}")
		}
	}
}

// checkOneModel checks that all workers have one learner with the same
// parameters, as the workers of a master have that trains one model.
func (l *loader) checkOneModel(master string) {
	if l.given("bootstrap") && l.cfg.Bootstrap {
		l.fail("bootstrap", fmt.Sprintf("the workers of a %s train one model on all their rows", master), "leave it out")
	}
	for i, w := range l.cfg.Workers {
		path, first := index("workers", i), l.cfg.Workers[0]
		switch {
		case l.given(path+".bootstrap") && w.Bootstrap:
			l.fail(path+".bootstrap", fmt.Sprintf("the workers of a %s train one model on all their rows", master), "leave it out")
		case w.Learner == "" && l.cfg.Launcher != ExternalLauncher, w.Learner == "" && first.Learner == "":
			l.fail(path+".learner", "missing: the master trains the same learner as its workers", "name it with learner:")
		case w.Learner != first.Learner && w.Learner != "":
			l.fail(path+".learner", fmt.Sprintf("%s, but worker %s has %s: a %s trains one model", w.Learner, first.Name, first.Learner, master), "name one learner for all with learner:")
		case w.Learner != "" && w.Params.JSON() != first.Params.JSON():
			l.fail(path+".params", fmt.Sprintf("other parameters than those of worker %s: a %s trains one model", first.Name, master), "give them once, under params: for all")
		}
	}
}

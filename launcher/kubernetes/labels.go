package kubernetes

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The labels of everything that this package makes, and, of the version, an annotation.
const (
	LabelProject = "gochimera.github.io/project"
	LabelWorker  = "gochimera.github.io/worker" // of what is a worker's own
	LabelRun     = "gochimera.github.io/run"    // of pods: one launch

	annotationVersion = "gochimera.github.io/version" // of Chimera
)

// having lists what has all of the labels, each a name and a value.
func having(pairs ...string) metav1.ListOptions {
	set := labels.Set{}
	for pair := range slices.Chunk(pairs, 2) {
		set[pair[0]] = pair[1]
	}
	return metav1.ListOptions{LabelSelector: set.String()}
}

// statefulSet is the name of a worker's StatefulSet, and of its Secret.
func statefulSet(project, worker string) string { return project + "-" + worker }

// pod is the name of a worker's pod.
func pod(project, worker string) string { return statefulSet(project, worker) + "-0" }

// claim is the name of the claim with a worker's rows.
func claim(project, worker string) string { return statefulSet(project, worker) + "-rows" }

// host is a worker's name in the cluster. The service has the project's name.
func host(project, namespace, worker string) string {
	return strings.Join([]string{pod(project, worker), project, namespace, "svc"}, ".")
}

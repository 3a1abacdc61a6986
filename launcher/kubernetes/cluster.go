package kubernetes

import (
	"context"
	"errors"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/gochimera/chimera/config"
)

// cluster is a namespace of a cluster.
type cluster struct {
	api       kubernetes.Interface
	namespace string
	server    string // of the API, for errors
	inside    bool   // this program calls workers by their names

	// connect opens a connection to a port of a pod, from outside.
	connect func(ctx context.Context, pod string, port int) (io.ReadWriteCloser, error)
	// drop ends the connections to a pod that is no more; may be nil.
	drop func(pod string)
	// logs reads what a container of a pod has written.
	logs func(ctx context.Context, pod string, o *corev1.PodLogOptions) (io.ReadCloser, error)
	// close ends the connections; may be nil.
	close func()
}

// Close ends the connections to the cluster.
func (c *cluster) Close() {
	if c.close != nil {
		c.close()
	}
}

// open finds the cluster as kubectl does: by the settings, the variable KUBECONFIG, ~/.kube/config, or the account of the pod
// that this program runs in. It asks the cluster nothing yet.
func open(_ context.Context, s settings) (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = s.Kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: s.Context}
	overrides.Context.Namespace = s.Namespace
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	account, err := loaded.ClientConfig()
	if err == nil && account.Host == "" {
		err = clientcmd.ErrEmptyConfig
	}
	switch {
	case clientcmd.IsEmptyConfig(err), errors.Is(err, rest.ErrNotInCluster):
		return nil, &ClusterError{Problem: "is not known", Err: err,
			Advice: "there is no kubeconfig: set kubernetes.kubeconfig or KUBECONFIG, or run the master in a pod"}
	case err != nil:
		return nil, &ClusterError{Problem: "is not known", Advice: "the kubeconfig cannot be used: " + err.Error(), Err: err}
	}
	namespace, _, err := loaded.Namespace()
	if err != nil {
		return nil, &ClusterError{Problem: "is not known", Advice: "the kubeconfig names no namespace: " + err.Error(), Err: err}
	}
	// A launch asks much at once; what limits it is the server.
	account.QPS, account.Burst = 100, 200
	api, err := kubernetes.NewForConfig(account)
	if err != nil {
		return nil, &ClusterError{Server: account.Host, Problem: "cannot be used", Advice: err.Error(), Err: err}
	}
	c := &cluster{api: api, namespace: namespace, server: account.Host}
	c.inside = s.Reach == config.ReachNames || s.Reach == config.ReachAuto && inPod(account)
	c.logs = func(ctx context.Context, pod string, o *corev1.PodLogOptions) (io.ReadCloser, error) {
		return api.CoreV1().Pods(namespace).GetLogs(pod, o).Stream(ctx)
	}
	forward := newForwarder(account, api, namespace)
	c.connect, c.drop, c.close = forward.connect, forward.drop, forward.close
	return c, nil
}

// inPod reports whether this program runs in a pod of the cluster.
func inPod(account *rest.Config) bool {
	if os.Getenv("KUBERNETES_SERVICE_HOST") == "" {
		return false
	}
	own, err := rest.InClusterConfig()
	return err == nil && own.Host == account.Host
}

// Package realcluster tries launcher kubernetes on Kubernetes itself: etcd, an API server, a controller manager, a scheduler, CoreDNS, and two nodes, each
// a kubelet with containerd in namespaces of its own on this machine. `make kubernetes` runs its tests; without its flag they
// are skipped, since the programs take minutes to build the first time.
//
// The programs are built from their Go modules, which the module in the folder binaries requires, and kept in a cache folder. Nothing
// here disturbs what else runs on the machine: the nodes have cgroups, sockets and folders of their own, and all of it
// ends with the tests.
//
// The package imports launcher/internal/machines, internal/ociimage, client-go and the standard library.
package realcluster

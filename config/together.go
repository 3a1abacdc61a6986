package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
)

// checkTogether checks what depends on more than one field.
func (l *loader) checkTogether() {
	l.checkUnique("name", func(w Worker) string { return w.Name })
	l.checkUnique("port", func(w Worker) string {
		if w.Port == 0 {
			return ""
		}
		return strconv.Itoa(w.Port)
	})
	l.checkUnique("url", func(w Worker) string { return strings.TrimRight(w.URL, "/") })
	for i, w := range l.cfg.Workers {
		l.checkFolderName(index("workers", i)+".name", w.Name)
		l.checkURL(index("workers", i), w)
	}
	if l.given("params") && l.cfg.Learner == "" && len(l.cfg.Params) > 0 {
		l.fail("params", "these are for the default learner, and there is none", "name it with learner:, or move them to the workers")
	}
	for i, w := range l.cfg.Workers {
		path := index("workers", i) + ".params"
		if w.Learner == "" && len(w.Params) > 0 && l.given(path) {
			l.fail(path, "there is no learner for them", "name it with learner:")
		}
	}
	l.checkPrepare()
	l.checkLauncher()
	l.checkSecurity()
	l.checkTLS()
	l.checkNetwork()
	l.checkKubernetes()
}

// checkUnique reports the second and further workers that have the same value of a
// field; "" does not count.
func (l *loader) checkUnique(field string, value func(Worker) string) {
	first := map[string]int{}
	for i, w := range l.cfg.Workers {
		v, path := value(w), index("workers", i)+"."+field
		if v == "" || l.unusable(path) {
			continue
		}
		if j, ok := first[v]; ok {
			l.fail(path, fmt.Sprintf("%s is already the %s of workers[%d]", setting.Clip(v), field, j), "each worker needs its own")
			continue
		}
		first[v] = i
	}
}

// reserved are names that cannot be the folder of a Go program: the go command
// skips the first two, and Windows has devices of the other names.
var reserved = func() []string {
	names := []string{"testdata", "vendor", "aux", "con", "nul", "prn"}
	for _, device := range []string{"com", "lpt"} {
		for n := range 10 {
			names = append(names, fmt.Sprint(device, n))
		}
	}
	return names
}()

func (l *loader) checkFolderName(path, name string) {
	if slices.Contains(reserved, name) {
		l.fail(path, fmt.Sprintf("%q cannot be the name of a folder with a Go program", name), "choose another")
	}
}

func (l *loader) checkURL(path string, w Worker) {
	if w.URL == "" || l.unusable(path+".url") {
		return
	}
	u, err := url.Parse(w.URL)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		l.fail(path+".url", "want a URL without ? and #, got "+setting.Quote(w.URL), "the workers' paths are appended to it")
	}
}

// networkSubnetMask is the variable of network.subnet_mask, and leastMask what it is at least where it is used.
const (
	networkSubnetMask = "CHIMERA_NETWORK_SUBNET_MASK"
	leastMask         = 8
)

// checkNetwork checks that the addresses are a network, and enough for a launcher that makes one.
func (l *loader) checkNetwork() {
	n := l.cfg.Network
	subnet, err := n.Subnet()
	if err != nil || l.unusable("network.prefix") || l.unusable("network.subnet_mask") {
		return // the fields' own rules have reported it
	}
	own := l.cfg.Launcher.traits().Addresses
	if !own && l.places["network.subnet_mask"].file == networkSubnetMask {
		return // for another launcher: nothing here uses it
	}
	if n.SubnetMask < leastMask {
		problem := fmt.Sprintf("want >= %d: of %d bits, it would take the addresses of most other networks from this machine", leastMask, n.SubnetMask)
		l.fail("network.subnet_mask", problem, "")
		return
	}
	if subnet.Masked() != subnet {
		path := "network.subnet_mask"
		if !l.given(path) {
			path = "network.prefix"
		}
		l.fail(path, fmt.Sprintf("%s is not the first address of a network of %d bits, which is %s", subnet.Addr(), n.SubnetMask, subnet.Masked().Addr()), "")
		return
	}
	// The network, its gateway and its broadcast address are not for workers.
	if room := max(1<<(32-n.SubnetMask)-3, 0); own && len(l.cfg.Workers) > room {
		l.fail("network.subnet_mask", fmt.Sprintf("%s has addresses for %d workers, and there are %d", subnet, room, len(l.cfg.Workers)), "")
	}
}

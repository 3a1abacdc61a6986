package cluster

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/certificate"
)

// NewCertificate has the certificate by which clients know the master over TLS, as security.tls of the configuration says; nil without TLS.
// host is where the master listens, as it was given.
func NewCertificate(cfg *config.Config, host string, log *slog.Logger) (*certificate.Source, error) {
	if cfg.Security.TLS != config.TLSGenerated {
		return GivenCertificate(cfg, log)
	}
	source, err := certificate.Made(cfg.InProject(config.TLSFolder), cfg.Project, namesOf(cfg, host), addressesOf(host), log)
	if err != nil {
		return nil, config.Errors{cfg.Problem("security.tls", fmt.Sprintf("there is no certificate for the master: %v", err), "")}
	}
	return source, nil
}

// GivenCertificate is NewCertificate of a program that cannot make one, as its files are gone with it: it is given, or there is none.
func GivenCertificate(cfg *config.Config, log *slog.Logger) (*certificate.Source, error) {
	switch cfg.Security.TLS {
	case config.TLSGenerated:
		return nil, config.Errors{cfg.Problem("security.tls", "generated, and this program makes no certificates, since nothing would keep them",
			"say files, and give it a certificate and its key (CHIMERA_TLS_CERTIFICATE, CHIMERA_TLS_KEY)")}
	case config.TLSFiles:
		source, err := certificate.Given(cfg.InProject(cfg.Security.Certificate), cfg.InProject(cfg.Security.Key), log)
		if err != nil {
			return nil, config.Errors{cfg.Problem("security.certificate", fmt.Sprintf("there is no certificate for the master: %v", err), "")}
		}
		return source, nil
	default:
		return nil, nil
	}
}

// namesOf are the names that the master of a project is called by.
func namesOf(cfg *config.Config, host string) []string {
	names := append([]string{"localhost"}, cfg.Access.Hosts...)
	if machine, err := os.Hostname(); err == nil && machine != "" {
		short, _, _ := strings.Cut(machine, ".")
		names = append(names, machine, short, short+".local")
	}
	if host != "" && net.ParseIP(host) == nil {
		names = append(names, host)
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSuffix(names[i], "."))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// addressesOf are the addresses that a master is called by that listens at a host: all of this machine if it listens everywhere.
func addressesOf(host string) []net.IP {
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	ip := net.ParseIP(host)
	if ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() {
		return append(addresses, ip)
	}
	if ip == nil || ip.IsLoopback() {
		return addresses
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return addresses // clients call it by a name
	}
	for _, a := range all {
		if network, is := a.(*net.IPNet); is && !network.IP.IsLoopback() {
			addresses = append(addresses, network.IP)
		}
	}
	return addresses
}

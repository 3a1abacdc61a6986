package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/environment"
)

// NewGuard makes what lets clients in as security.clients of the configuration says; nil lets everybody in. get reads the environment.
// told says whether somebody has said what security.clients is: who may reach the address that the master listens on may do
// everything otherwise, and if that is more than this machine, it has to be said.
func NewGuard(cfg *config.Config, at net.Addr, told bool, get func(string) string, log *slog.Logger) (*access.Guard, error) {
	switch cfg.Security.Clients {
	case config.ClientsToken:
		return tokens(cfg, get, log)
	case config.ClientsMTLS:
		authorities, err := access.ReadAuthorities(cfg.ClientsAuthority(), cfg.Project)
		if err != nil {
			return nil, config.Errors{cfg.Problem("security.authority", fmt.Sprintf("clients cannot be known by certificates: %v", err), "")}
		}
		return access.NewCertificateGuard(authorities, log), nil
	default:
	}
	if isLocal(at) {
		return nil, nil
	}
	if !told {
		return nil, config.Errors{cfg.Problem("security.clients", fmt.Sprintf("not given, and the master is to listen at %s, where other machines may reach it: "+
			"whoever does could fit, and take in and remove models", at), "say token, and make one with chimera token; or none, if you trust everybody there "+
			"(CHIMERA_SECURITY_CLIENTS says it too)")}
	}
	log.Warn("whoever reaches the master may do everything, as security.clients is none", "address", at)
	return nil, nil
}

// tokens makes a guard that asks for tokens.
func tokens(cfg *config.Config, get func(string) string, log *slog.Logger) (*access.Guard, error) {
	lists := access.Lists{File: cfg.TokensFile(), Text: get(environment.Tokens), Variable: environment.Tokens}
	if _, err := os.Stat(lists.File); errors.Is(err, fs.ErrNotExist) && lists.Text != "" && !cfg.Given("security.tokens") {
		lists.File = ""
	}
	guard, err := access.NewGuard(lists, log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, config.Errors{cfg.Problem("security.tokens", fmt.Sprintf("there is no file %s with tokens of clients", lists.File),
			"make one with chimera token")}
	}
	if err != nil {
		return nil, config.Errors{cfg.Problem("security.tokens", err.Error(), "")}
	}
	return guard, nil
}

// isLocal reports whether only programs of this machine reach an address.
func isLocal(at net.Addr) bool {
	tcp, is := at.(*net.TCPAddr)
	return !is || tcp.IP.IsLoopback()
}

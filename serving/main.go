package serving

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/masters/cluster"
)

// DefaultPort is where a program serves a model if it is not told otherwise.
const DefaultPort = 8080

// healthTimeout is how long a program may take to say that it is ready.
const healthTimeout = 5 * time.Second

const usageText = `This program serves the model in the file %[1]s.

  serve [FILE]  serve, until interrupted (the default); another model of the same kind and learners if FILE is given
  healthcheck   ask the running program whether it is ready; exit status 0 or 1

Environment:
  CHIMERA_MASTER_HOST           address to listen on (127.0.0.1)
  CHIMERA_MASTER_PORT           port to listen on (%[2]d; 0: any free one)
  CHIMERA_MASTER_ALLOWED_HOSTS  further names that it may be called by, as in ["model.example.org"]
                                (beside IP addresses, localhost and its machine's names)
  CHIMERA_SECURITY_CLIENTS      token: clients show a token; none: whoever reaches the program may ask the model
                                (must be given to listen on more than this machine)
  CHIMERA_TOKENS_FILE           file with the tokens, which chimera token adds to
  CHIMERA_TLS                   files: it talks TLS; none (the default)
  CHIMERA_TLS_CERTIFICATE, CHIMERA_TLS_KEY
                                files with its certificate and key, as PEM
  CHIMERA_LOG                   debug, info, warn or error (info)
  CHIMERA_LOG_FORMAT            text or json (text)
`

// usage says how the program is used.
func usage(file string) string { return fmt.Sprintf(usageText, file, DefaultPort) }

// Main is a whole program that serves the model in a file, as images of models have it: it serves, or runs the command in its
// arguments, and exits. Logs go to standard error. SIGTERM and an interrupt end it, after the requests that are being answered.
func Main(file string, masters ...func() cluster.Master) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, file, masters, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is Main without the exit: it returns the exit status, which is 2 for wrong use.
func run(
	ctx context.Context, file string, masters []func() cluster.Master, args []string, get func(string) string, stdout, stderr io.Writer,
) int {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	var err error
	switch {
	case command == "serve" && len(args) == 2:
		err = serve(ctx, args[1], masters, get, stdout, stderr)
	case len(args) > 1:
		_, _ = fmt.Fprintf(stderr, "too many arguments for %s\n\n%s", command, usage(file))
		return 2
	case command == "serve":
		err = serve(ctx, file, masters, get, stdout, stderr)
	case command == "healthcheck":
		err = healthcheck(ctx, get)
	case command == "help" || command == "-h" || command == "--help":
		_, err = io.WriteString(stdout, usage(file))
	default:
		_, _ = fmt.Fprintf(stderr, "unknown command %q\n\n%s", command, usage(file))
		return 2
	}
	if err != nil {
		format := logs.Text
		if command == "serve" {
			format, _ = logs.ParseFormat(get(environment.LogFormat)) // one that is none is what err is about
		}
		logs.Ended(ctx, stderr, format, "", err)
		return 1
	}
	return 0
}

// serve serves the model until ctx ends.
func serve(
	ctx context.Context, file string, masters []func() cluster.Master, get func(string) string, stdout, stderr io.Writer,
) (err error) {
	env, err := environment.ReadMaster(get, "127.0.0.1", DefaultPort)
	if err != nil {
		return err
	}
	settings, err := allowed(get(environment.MasterAllowedHosts))
	if err != nil {
		return err
	}
	m, err := Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(env.Host, strconv.Itoa(env.Port)))
	if err != nil {
		return fmt.Errorf("the model cannot be served: %w; choose another port with %s, or end what uses it", err, environment.MasterPort)
	}
	log := slog.New(logs.Handler(stderr, env.Format, env.Level))
	if env.Format == logs.JSON {
		stdout = nil
	}
	return Run(ctx, m, l, Options{Masters: masters, Settings: settings, Log: log, Host: env.Host, Env: lookUp(get)}, stdout, nil)
}

// lookUp is an environment in which an empty variable is not set.
func lookUp(get func(string) string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		text := get(name)
		return text, text != ""
	}
}

// allowed is the setting of names that the program may be called by.
func allowed(text string) ([]config.Override, error) {
	if text == "" {
		return nil, nil
	}
	var hosts []string
	if err := json.Unmarshal([]byte(text), &hosts); err != nil {
		return nil, fmt.Errorf(`%s: want a JSON list of names such as ["model.example.org"], got %q`, environment.MasterAllowedHosts, text)
	}
	return []config.Override{{Field: "access.hosts", Value: text, Source: environment.MasterAllowedHosts}}, nil
}

// healthcheck asks the program with the same environment whether it is ready. It is the health check of containers, whose images have
// neither a shell nor curl.
func healthcheck(ctx context.Context, get func(string) string) error {
	env, err := environment.ReadMaster(get, "127.0.0.1", DefaultPort)
	if err != nil {
		return err
	}
	host := env.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	scheme, caller := "http", &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // it is this machine, and nothing is told
	if mode := get("CHIMERA_TLS"); mode != "" && mode != string(config.TLSNone) {
		scheme = "https"
	}
	defer caller.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, strconv.Itoa(env.Port))+api.PathReady, nil)
	if err != nil {
		return err
	}
	answer, err := caller.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
		return errors.Join(fmt.Errorf("it is not ready: %s: %s", answer.Status, text), err)
	}
	return nil
}

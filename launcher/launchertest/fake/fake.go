// Package fake is a worker without a model, for the tests of launchers. What it
// does wrong is chosen by the variable FAKE in its environment.
//
// Package launchertest writes a copy of this file into the projects that it
// launches, so it imports the standard library only.
package fake

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// Main is the whole worker.
func Main(name string) {
	if len(os.Args) == 2 && os.Args[1] == "healthcheck" {
		healthcheck()
		return
	}
	change()
	input := bufio.NewReader(os.Stdin)
	secret, err := identity(input)
	if err != nil {
		fatal(err)
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM, os.Interrupt)
	go func() {
		for range terminate {
			if os.Getenv("FAKE") == "deaf" {
				fmt.Println("told to end, and will not")
				continue
			}
			fmt.Println("told to end")
			os.Exit(0)
		}
	}()
	if os.Getenv("CHIMERA_LIFELINE") == "stdin" {
		go func() {
			_, _ = io.Copy(io.Discard, input)
			os.Exit(0)
		}()
	}

	ready := true
	switch os.Getenv("FAKE") {
	case "exit":
		for i := range 30 {
			fmt.Fprintln(os.Stderr, "reason", i)
		}
		os.Exit(3)
	case "exit quietly":
		os.Exit(0)
	case "panic":
		panic("something broke")
	case "kill itself":
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {}
	case "silent":
		fmt.Println("thinking")
		hold(os.Getenv("FAKE_CONNECT"))
		select {}
	case "nonsense":
		fmt.Println("CHIMERA-WORKER-LISTENING nowhere")
		select {}
	case "bad data":
		fmt.Println(`CHIMERA-WORKER-REFUSES-DATA "y.csv:3: \"b\" is no number"`)
		os.Exit(3)
	case "loading":
		ready = false
	case "chatty":
		for i := range 2000 {
			fmt.Println("line", i, strings.Repeat("x", 100))
		}
		fmt.Println(strings.Repeat("long ", 20_000))
	case "leaves a child":
		// It holds our standard output as long as its own input, a pipe that nobody closes, is open.
		child := exec.CommandContext(context.Background(), os.Args[0])
		child.Env = append(os.Environ(), "FAKE=silent", "CHIMERA_LIFELINE=")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			fatal(err)
		}
	}
	serve(name, secret, ready)
}

// identity is the secret that the launcher has handed over; empty if there is none.
func identity(stdin *bufio.Reader) (string, error) {
	switch at := os.Getenv("CHIMERA_WORKERS_IDENTITY"); at {
	case "":
		return "", nil
	case "stdin":
		line, err := stdin.ReadString('\n')
		return strings.TrimSpace(line), err
	default:
		text, err := os.ReadFile(at) //nolint:gosec // the launcher says which
		return strings.TrimSpace(string(text)), err
	}
}

// change makes a fake behave differently when it is started again: FAKE_MARK is a file
// that its first start makes, FAKE_AGAIN a variable and its value from then on.
func change() {
	mark := os.Getenv("FAKE_MARK")
	if mark == "" {
		return
	}
	if _, err := os.Stat(mark); err != nil {
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			fatal(err)
		}
		return
	}
	key, value, _ := strings.Cut(os.Getenv("FAKE_AGAIN"), "=")
	if err := os.Setenv(key, value); err != nil {
		fatal(err)
	}
}

// healthcheck is what an engine runs in a container.
func healthcheck() {
	res, err := get(context.Background(), "127.0.0.1", os.Getenv("CHIMERA_WORKERS_PORT"), "ready")
	if err != nil {
		fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		os.Exit(1)
	}
}

// hold opens a connection that ends when this process does.
func hold(address string) {
	if address == "" {
		return
	}
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
}

// get asks a worker for its health, or whether it is ready.
func get(ctx context.Context, host, port, what string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/v1/chimera/"+what, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func serve(name, secret string, ready bool) {
	address := net.JoinHostPort(os.Getenv("CHIMERA_WORKERS_HOST"), os.Getenv("CHIMERA_WORKERS_PORT"))
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		fatal(err)
	}
	version := os.Getenv("FAKE_PROTOCOL") // of its announcement; a worker from before has none
	if version != "" {
		version = " protocol=" + version
	}
	fmt.Printf("CHIMERA-WORKER-LISTENING http://%s%s\n", listener.Addr(), version)

	// A server on a busy machine may complain (of a connection that it could not accept, of one
	// that is not HTTP), and tests compare what a worker writes line by line.
	quiet := log.New(io.Discard, "", 0)
	mux := http.NewServeMux()
	mux.Handle("/", Handler(name, ready, os.Getenv))
	mux.HandleFunc("GET /identity", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, secret) })
	server := &http.Server{Handler: mux, ErrorLog: quiet} //nolint:gosec // loopback, for seconds
	fatal(server.Serve(listener))
}

// Handler is what the worker answers, told by the environment env.
func Handler(name string, ready bool, env func(string) string) http.Handler {
	if other := env("FAKE_NAME"); other != "" {
		name = other
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/chimera/health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"status": "ok", "node": name, "config_hash": env("FAKE_HASH"), "launch": env("FAKE_LAUNCH")})
	})
	asked := 0
	mux.HandleFunc("GET /v1/chimera/ready", func(w http.ResponseWriter, _ *http.Request) {
		asked++ // one prober, one request at a time
		if !ready || env("FAKE") == "slow" && asked < 4 {
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
	})
	// The status of another worker's health, asked for by the name that its host has here.
	mux.HandleFunc("GET /ask", func(w http.ResponseWriter, r *http.Request) {
		res, err := get(r.Context(), r.FormValue("host"), env("CHIMERA_WORKERS_PORT"), "health")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = io.Copy(w, res.Body)
		_ = res.Body.Close()
	})
	mux.HandleFunc("GET /data", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, env("CHIMERA_TRAIN_DATA")+"/"+r.FormValue("file"))
	})
	// What goes wrong when the worker writes where it should not be able to.
	mux.HandleFunc("GET /write", func(w http.ResponseWriter, r *http.Request) {
		answer(w, fmt.Sprint(os.WriteFile(r.FormValue("file"), []byte("x"), 0o600)))
	})
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) {
		dir, err := os.Getwd()
		if err != nil {
			fatal(err)
		}
		answer(w, append(os.Environ(), "DIR="+dir))
	})
	// A request here ends when the worker does.
	mux.HandleFunc("GET /hold", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {}
	})
	mux.HandleFunc("GET /die", func(_ http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.FormValue("code"))
		if err != nil {
			fatal(err)
		}
		fmt.Fprint(os.Stderr, "dying as told") // with no line end
		os.Exit(code)
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		fatal(err)
	}
}

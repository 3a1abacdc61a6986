// Command relay listens on loopback of a node and hands each connection on to a master, which offers images there, through
// TLS. Package swarm builds it from this file alone, so it imports the standard library only.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// settings are what the secret says, whose file the program's argument names.
type settings struct {
	Listen string // address on the node
	To     string // address of the master
	Name   string // in the certificate, which is of both ends
	Cert   []byte // PEM
	Key    []byte // PEM
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("want the file with the settings as the only argument")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var s settings
	if err := json.Unmarshal(text, &s); err != nil {
		return errors.New("the settings cannot be read") // without them: they hold a key
	}
	own, err := tls.X509KeyPair(s.Cert, s.Key)
	if err != nil {
		return errors.New("the settings hold no certificate and key")
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(s.Cert)
	dialer := &tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 10 * time.Second},
		Config:    &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, RootCAs: known, ServerName: s.Name},
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		from, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		serving.Go(func() { relay(ctx, from, dialer, s.To) })
	}
}

// relay copies both ways until both have ended, or ctx has.
func relay(ctx context.Context, from net.Conn, dialer *tls.Dialer, to string) {
	defer func() { _ = from.Close() }()
	conn, err := dialer.DialContext(ctx, "tcp", to)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() {
		_ = from.Close()
		_ = conn.Close()
	})()
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _ = io.Copy(conn, from) // what was cut off, the other side sees
		_ = conn.(*tls.Conn).CloseWrite()
	})
	_, _ = io.Copy(from, conn)
	_ = from.Close()
	asking.Wait()
}

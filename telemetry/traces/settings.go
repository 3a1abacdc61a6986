package traces

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// The variables of OpenTelemetry that this package reads itself. Its libraries read the others.
const (
	disabledVariable = "OTEL_SDK_DISABLED"
	exporterVariable = "OTEL_TRACES_EXPORTER"

	endpointVariable       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpointVariable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

// protocolVariables say how spans are sent; the first that is set holds.
var protocolVariables = []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}

const protocol = "http/protobuf"

// wanted reports whether OpenTelemetry's variables, as get reads them, want traces. It is an error if they want them in a way that
// there is not.
func wanted(get func(string) string) (bool, error) {
	if strings.EqualFold(get(disabledVariable), "true") {
		return false, nil
	}
	switch e := get(exporterVariable); e {
	case "none":
		return false, nil
	case "", "otlp":
	default:
		return false, fmt.Errorf("%s is %q, but traces are sent by otlp only; none sends none", exporterVariable, e)
	}
	for _, name := range protocolVariables {
		p := get(name)
		if p == protocol {
			break
		}
		if p != "" {
			return false, fmt.Errorf("%s is %q, but traces are sent by %s only; a collector takes that at port 4318", name, p, protocol)
		}
	}
	for _, name := range []string{tracesEndpointVariable, endpointVariable} {
		text := get(name)
		if text == "" {
			continue
		}
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return false, fmt.Errorf("%s is %q; want the collector's address, such as http://localhost:4318", name, text)
		}
	}
	return true, nil
}

// private are the variables that are not for containers: whoever may look at these could read what they say, or what they name is
// a file of this machine.
var private = []string{"HEADERS", "CLIENT_KEY", "CLIENT_CERTIFICATE", "CERTIFICATE"}

// Environment are those of OpenTelemetry's variables in a process' environment that a program elsewhere can do with too, such as a
// worker in a container.
func Environment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(text string) bool {
		name, _, _ := strings.Cut(text, "=")
		return !strings.HasPrefix(name, "OTEL_") || slices.ContainsFunc(private, func(end string) bool { return strings.HasSuffix(name, end) })
	})
}

// Loopback is the collector's address, as variables that get reads say, if only programs of this machine reach it, and else empty.
func Loopback(get func(string) string) string {
	text := "http://localhost:4318" // unless a variable says otherwise
	for _, name := range []string{endpointVariable, tracesEndpointVariable} {
		if given := get(name); given != "" {
			text = given
		}
	}
	if u, err := url.Parse(text); err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
		return text
	}
	return ""
}

package config_test

import (
	"testing"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/config"
)

// What this package says of the texts whose rules package validator has too is what that says.
func TestTextRulesAgreeWithValidator(t *testing.T) {
	v := validator.New()
	for rule, valid := range config.TextRules() {
		if rule != "hostname_rfc1123" && rule != "ip|hostname_rfc1123" && rule != "http_url" {
			continue
		}
		for _, s := range []string{
			"", "a", "a.b", "A-1.example.org", "-a", "a-", "a..b", "a.", ".a", "a_b", "a b", "127.0.0.1", "::1", "fe80::1%eth0", "1.2.3", "300.1.1.1",
			"http://host:8081", "HTTPS://Host/x?y#z", "http://", "http:///x", "ftp://host", "host:80", "http:host", "//host", "http://a b", "file:///x",
			"http://[::1]:80", "http://%zz", "köln.example",
		} {
			if want := v.Var(s, rule) == nil; valid(s) != want {
				t.Errorf("%s of %q is %t, package validator says %t", rule, s, valid(s), want)
			}
		}
	}
}

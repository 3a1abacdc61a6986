package pki

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

// A certificate of an authority's is valid with it from a little before it was made until its end, and with no other.
func TestAuthority(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	known, err := NewAuthority("known", now, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewAuthority("known", now, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	template, err := NewTemplate(strings.Repeat("n", 70), now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := known.Sign(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(leaf.Subject.CommonName); got != 64 {
		t.Errorf("the common name has %d letters, want 64", got)
	}
	if leaf.SerialNumber.Cmp(known.Certificate.SerialNumber) == 0 || known.Certificate.SerialNumber.Cmp(other.Certificate.SerialNumber) == 0 {
		t.Error("two certificates have one number")
	}
	for name, c := range map[string]struct {
		by    *Authority
		at    time.Time
		valid bool
	}{
		"a clock behind":    {known, now.Add(-ClockSkew), true},
		"too early":         {known, now.Add(-ClockSkew - time.Second), false},
		"the last second":   {known, now.Add(time.Hour), true},
		"run out":           {known, now.Add(time.Hour + time.Second), false},
		"another authority": {other, now, false},
	} {
		roots := x509.NewCertPool()
		roots.AddCert(c.by.Certificate)
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: c.at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		if (err == nil) != c.valid {
			t.Errorf("%s: %v, want valid: %t", name, err, c.valid)
		}
	}
}

// What is written is read as it was by those that read PEM.
func TestEncoding(t *testing.T) {
	made, err := NewAuthority("p", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key, err := EncodeKey(made.Key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(EncodeCertificate(made.Certificate), key)
	if err != nil {
		t.Fatal(err)
	}
	if !pair.Leaf.Equal(made.Certificate) || !made.Key.Equal(pair.PrivateKey) {
		t.Error("they came as others")
	}
}

package docker

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

func TestNextFree(t *testing.T) {
	tests := []struct {
		name  string
		bits  int
		taken string
		want  string // empty: none
	}{
		{"nothing is taken", 24, "", "192.168.10.0/24"},
		{"docker's own is elsewhere", 24, "172.17.0.0/16", "192.168.10.0/24"},
		{"the first is taken", 24, "192.168.10.0/24", "192.168.11.0/24"},
		{"a smaller one is in the first", 24, "192.168.10.128/25 192.168.11.0/24", "192.168.12.0/24"},
		{"small networks", 29, "192.168.10.0/29", "192.168.10.8/29"},
		{"large networks", 20, "", "192.168.0.0/20"},
		{"a larger one is over all", 24, "192.168.0.0/16", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var taken []used
			for p := range strings.FieldsSeq(tt.taken) {
				taken = append(taken, used{netip.MustParsePrefix(p), "another"})
			}
			got, ok := nextFree(tt.bits, taken)
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("%v, %v; want %q", got, ok, tt.want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		subnet string
		n      int
		want   string
	}{
		{"192.168.10.0/24", 1, "192.168.10.1"},
		{"192.168.10.0/24", 254, "192.168.10.254"},
		{"10.0.0.0/16", 256, "10.0.1.0"},
	} {
		if got := nth(netip.MustParsePrefix(tt.subnet), tt.n).String(); got != tt.want {
			t.Errorf("address %d of %s is %s, want %s", tt.n, tt.subnet, got, tt.want)
		}
	}
	// The last worker of a full network is before the broadcast address.
	if n := roomFor(29); n != 5 || nth(netip.MustParsePrefix("10.0.0.0/29"), n+1).String() != "10.0.0.6" {
		t.Errorf("a network of 29 bits has room for %d", n)
	}
}

func TestCheck(t *testing.T) {
	worker := func(name string) launcher.Worker { return launcher.Worker{Name: name, Host: "127.0.0.1"} }
	tests := []struct {
		name string
		plan launcher.Plan
		want []string // empty: the plan is good
	}{
		{"a good plan", launcher.Plan{Project: "p", Workers: []launcher.Worker{worker("tree1")}}, nil},
		{"a prefix", launcher.Plan{Project: "p", Workers: []launcher.Worker{worker("tree1")}, Network: launcher.Network{Prefix: "10.1.0", Bits: 16}}, nil},
		{"names", launcher.Plan{Project: "My_Project", Workers: []launcher.Worker{worker("Tree1")}}, []string{`"My_Project"`, `"Tree1"`}},
		{"hosts", launcher.Plan{Project: "p", Workers: []launcher.Worker{worker("tree1"), {Name: "tree2", Host: "0.0.0.0"}}},
			[]string{"tree1 and tree2 listen on different hosts"}},
		{"limits", launcher.Plan{Project: "p", Workers: []launcher.Worker{{Name: "tree1", Memory: -1}}}, []string{"-1 bytes"}},
		{"a mask", launcher.Plan{Project: "p", Network: launcher.Network{Bits: 30}, Workers: []launcher.Worker{worker("tree1")}}, []string{"want 8 to 29"}},
		{"a prefix that is no network", launcher.Plan{Project: "p", Network: launcher.Network{Prefix: "10.0.1", Bits: 16},
			Workers: []launcher.Worker{worker("tree1")}}, []string{"10.0.1.0/16 is not a network"}},
		{"no room", launcher.Plan{Project: "p", Network: launcher.Network{Bits: 29}, Workers: make([]launcher.Worker, 6)},
			[]string{"addresses for 5 workers, and there are 6"}},
		{"a port", launcher.Plan{Project: "p", Network: launcher.Network{Port: 70000}, Workers: []launcher.Worker{worker("tree1")}},
			[]string{"70000 is not a port"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := (&launch{Plan: tt.plan}).check()
			if len(tt.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var plan *launcher.PlanError
			if !errors.As(err, &plan) {
				t.Fatalf("error is %T (%v), want a *launcher.PlanError", err, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

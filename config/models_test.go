package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/config"
)

func TestModels(t *testing.T) {
	const begin = "workers: 2\nlearner: tree-classifier\n"
	c := parse(t, begin, config.Options{})
	if c.Models.Store != "chimera_models" || c.Models.Keep.Newest() != 20 || c.Models.Keep.Age() != 0 || c.Models.StoreURL() != "" {
		t.Errorf("by default %+v", c.Models)
	}
	c = parse(t, begin+"models: {store: \"s3://bucket/here?region=eu-west-1\", keep: 3}\n", config.Options{})
	if c.Models.Keep.Newest() != 3 || c.Models.StoreURL() != "s3://bucket/here?region=eu-west-1" {
		t.Errorf("%+v", c.Models)
	}
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "720h": 720 * time.Hour, "2w": 336 * time.Hour, "1.5d": 36 * time.Hour, "36h30m": 36*time.Hour + 30*time.Minute,
	} {
		k := parse(t, begin+"models:\n  keep: "+text+"\n", config.Options{}).Models.Keep
		if k.Age() != want || k.Newest() != 0 {
			t.Errorf("%s: %v", text, k)
		}
		var again config.Keep
		if err := again.UnmarshalText([]byte(k.String())); err != nil || again != k {
			t.Errorf("%s comes back as %v, %v", text, again, err)
		}
	}
	for text, want := range map[string]string{
		"0": "want 1 to 1000000 models, got 0", "-1": "want 1 to", "0d": "not positive", "-3h": "not positive", "soon": "such as 30d or 720h, got \"soon\"",
		"1e300d": "such as 30d", "nand": "such as 30d", "9999999999": "want 1 to",
	} {
		_, err := config.Parse("c.yaml", []byte(begin+"models:\n  keep: "+text+"\n"), config.Options{Catalogue: learners()})
		if err == nil || !strings.Contains(err.Error(), "c.yaml:4:9: models.keep: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := config.Parse("c.yaml", []byte(begin+"models: {store: \"\"}\n"), config.Options{Catalogue: learners()}); err == nil ||
		!strings.Contains(err.Error(), "c.yaml:3:17: models.store") {
		t.Errorf("no store: %v", err)
	}
}

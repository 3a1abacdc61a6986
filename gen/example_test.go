package gen_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
)

func ExampleGenerate() {
	dir, err := os.MkdirTemp("", "bagging")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte("workers: 2\nlearner: dummy-classifier\n"), 0o600); err != nil {
		log.Print(err)
		return
	}
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: catalogue.Shipped()})
	if err != nil {
		log.Print(err)
		return
	}
	report, err := gen.Generate(context.Background(), cfg, gen.Options{})
	if err != nil {
		log.Print(err)
		return
	}
	for _, name := range report.Created {
		fmt.Println(name)
	}
	// Output:
	// chimera_learners.go
	// chimera_workers/worker1/main.go
	// chimera_workers/worker2/main.go
}

package models_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/gochimera/chimera/models"
)

// memory is a bucket that is quick, for tests of what is above it.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func (m *memory) Write(_ context.Context, name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[name] = b.Bytes()
	return nil
}

func (m *memory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.objects[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: m.Locate(name), Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (m *memory) List(_ context.Context, prefix string) (all []models.Object, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, text := range m.objects {
		if strings.HasPrefix(name, prefix) {
			all = append(all, models.Object{Name: name, Size: int64(len(text))})
		}
	}
	slices.SortFunc(all, func(a, b models.Object) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (m *memory) Remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	return nil
}

func (*memory) Locate(name string) string { return "memory:" + name }

func (*memory) Close() error { return nil }

// inMemory is an empty store.
func inMemory() (*models.Store, *memory) {
	m := &memory{objects: map[string][]byte{}}
	return models.NewStore(m), m
}

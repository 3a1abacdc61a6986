package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Texts builds main packages that are not in the project at dir, an absolute path: texts has the
// text of main.go by the folder, relative to dir, in which the compiler alone sees it, whatever is
// there. The last elements of the folders differ. It returns the executables by folder. They are
// built in the user's environment and are in the cache: one whose packages have not changed is not
// linked again, and a caller that is killed leaves nothing behind that a later build does not use
// or remove. Errors are those of [Build].
func Texts(ctx context.Context, dir string, texts map[string][]byte) (map[string]string, error) {
	mains := make([]Main, 0, len(texts))
	for _, folder := range slices.Sorted(maps.Keys(texts)) {
		mains = append(mains, Main{Folder: folder})
	}
	c, err := openCache(dir, Target{}, "bin-texts")
	if err != nil {
		return nil, err
	}
	stage, err := c.stage(mains)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(stage) }() // a leftover is pruned by a later build
	plan, err := overlay(dir, stage, mains, texts)
	if err != nil {
		return nil, err
	}
	for _, args := range outputs(mains, c.target, stage) {
		if err := Go(ctx, dir, stage, append([]string{"build", "-overlay", plan, "-ldflags=-s -w"}, args...)...); err != nil {
			return nil, err
		}
	}
	paths, err := c.publish(stage, mains)
	if err != nil {
		return nil, err
	}
	built := make(map[string]string, len(mains))
	for i, m := range mains {
		built[m.Folder] = paths[i]
	}
	return built, nil
}

// overlay writes the texts into a folder of the stage, and the plan that puts them into the
// project for the compiler. It returns the plan's file.
func overlay(dir, stage string, mains []Main, texts map[string][]byte) (plan string, err error) {
	folder, err := os.MkdirTemp(stage, "work-") // no executable is called so: that of a worker has no suffix
	if err != nil {
		return "", err
	}
	seen := map[string]string{}
	for i, m := range mains {
		if _, has := texts[m.Folder]; !has {
			continue
		}
		file := filepath.Join(folder, strconv.Itoa(i)+".go")
		if err := os.WriteFile(file, texts[m.Folder], 0o600); err != nil {
			return "", err
		}
		seen[filepath.Join(dir, filepath.FromSlash(m.Folder), "main.go")] = file
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": seen})
	plan = filepath.Join(folder, "overlay.json")
	return plan, errors.Join(err, os.WriteFile(plan, text, 0o600))
}

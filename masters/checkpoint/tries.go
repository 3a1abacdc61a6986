package checkpoint

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTries is how many programs go on with a fit from one and the same place. If all of them have ended there, the fit
// may be what ends them, as one that needs more memory than there is.
const maxTries = 5

// triesFile is in the folder of a fit.
const triesFile = "tries.json"

// tries are the programs that have gone on with a fit.
type tries struct {
	Number int      `json:"number"` // since the fit came further
	From   []string `json:"from"`   // what was in the folder then
}

// errTries is why a fit is not gone on with any more.
var errTries = fmt.Errorf("%d programs have gone on with it, and all ended before it came further: start it again if that was not its fault", maxTries)

// try counts a program that goes on with the fit in a folder.
func try(dir, root string) error {
	now := tries{Number: 1, From: contents(dir)}
	var before tries
	text, err := os.ReadFile(filepath.Join(dir, triesFile))
	if err == nil && json.Unmarshal(text, &before) == nil && slices.Equal(before.From, now.From) {
		now.Number += before.Number
	}
	if now.Number > maxTries {
		return errTries
	}
	if text, err = json.Marshal(now); err == nil {
		err = write(filepath.Join(dir, triesFile), text, root)
	}
	if err != nil {
		return fmt.Errorf("it cannot be counted that this program goes on with it: %w", err)
	}
	return nil
}

// partsFolder is in the folder of a fit, with a file for each part that is stored elsewhere.
const partsFolder = "parts"

// PartStored records in the folder of a fit that a part of its model is stored elsewhere, which is as far as a checkpoint would be: a program that ends
// after that has brought the fit further.
func (f *Folder) PartStored(dir, part string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := write(filepath.Join(dir, partsFolder, part), nil, f.root); err != nil {
		return fmt.Errorf("it cannot be recorded that the part %s is stored: %w", part, err)
	}
	return nil
}

// contents are the names of the files in a folder that show how far the fit is. Each checkpoint has one of its own, by its step.
func contents(dir string) (names []string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error { // what cannot be read is no progress
		if err == nil && !e.IsDir() && e.Name() != triesFile && e.Name() != eventsFile {
			names = append(names, filepath.ToSlash(strings.TrimPrefix(path, dir)))
		}
		return nil
	})
	return names
}

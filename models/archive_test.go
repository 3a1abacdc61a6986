package models_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
)

// archive is a model as one file.
func archive(tb testing.TB, s *models.Store, m *models.Manifest) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := models.WriteArchive(tb.Context(), &b, s, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// smallArchive is the archive of a small model.
func smallArchive(t *testing.T) []byte {
	t.Helper()
	s, _ := folder(t)
	return archive(t, s, keep(t, s, "fit1", 0))
}

func read(tb testing.TB, file []byte) (*models.Archive, error) {
	tb.Helper()
	return models.ReadArchive(tb.Context(), bytes.NewReader(file), int64(len(file)), models.Limits{})
}

// What was written comes back: from the archive, and from a store into which it was imported.
func TestArchiveMovesAModel(t *testing.T) {
	from, dir := folder(t)
	m := keep(t, from, "fit1", 0)
	scores := filepath.Join(dir, "fit1", "scores.json")
	serving := filepath.Join(dir, "serving.json") // any file that ends with its checksum
	if err := from.SetServing(t.Context(), "fit1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(serving, scores); err != nil {
		t.Fatal(err)
	}
	file := archive(t, from, m)
	if again := archive(t, from, m); !bytes.Equal(file, again) {
		t.Error("the same model makes other bytes")
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if want := []string{"manifest.json", "parts/tree1", "scores.json"}; !slices.Equal(names, want) {
		t.Errorf("the archive has %q, want %q", names, want)
	}

	a, err := read(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	to, other := folder(t)
	if _, err := to.Import(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*models.Store{a.Store(), to} {
		got, err := s.Get(t.Context(), "fit1")
		if err != nil {
			t.Fatal(err)
		}
		wrote, err := m.Encode()
		gave, err2 := got.Encode()
		if err := errors.Join(err, err2); err != nil || !bytes.Equal(wrote, gave) {
			t.Errorf("the manifest was %s and is %s, %v", wrote, gave, err)
		}
		if text, err := held(t, s, got, got.Parts[0]); text != tree || err != nil {
			t.Errorf("the part has %q, %v", text, err)
		}
		if all, err := s.List(t.Context()); len(all) != 1 || err != nil {
			t.Errorf("%d models, %v", len(all), err)
		}
	}
	for _, name := range []string{"manifest.json", "scores.json", "parts/tree1"} {
		before, err := os.ReadFile(filepath.Join(dir, "fit1", name))
		after, err2 := os.ReadFile(filepath.Join(other, "fit1", name))
		if err := errors.Join(err, err2); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was %q and is %q, %v", name, before, after, err)
		}
	}

	var exists *models.ExistsError
	if _, err := to.Import(t.Context(), a); !errors.As(err, &exists) {
		t.Errorf("imported twice: %v", err)
	}
	if id, err := a.Store().Serving(t.Context()); id != "fit1" || err != nil {
		t.Errorf("in service is %q, %v", id, err)
	}
	if err := a.Store().SetServing(t.Context(), "fit1"); !errors.Is(err, models.ErrReader) {
		t.Errorf("an archive was written to: %v", err)
	}
	if _, err := a.Store().Get(t.Context(), "fit2"); err == nil || !strings.Contains(err.Error(), "fit2") {
		t.Errorf("another model: %v", err)
	}
}

// zipped is an entry of an archive that somebody else has made.
type zipped struct {
	name   string
	text   []byte
	change func(*zip.FileHeader)
}

// entries are those of an archive.
func entries(t *testing.T, file []byte) (all []zipped) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, zipped{name: f.Name, text: text, change: func(h *zip.FileHeader) { h.Method = f.Method }})
	}
	return all
}

// made is a zip of entries. A header may say of its entry what is not so: it is written as it is.
func made(t *testing.T, all ...zipped) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range all {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.change != nil {
			e.change(h)
		}
		create := z.CreateHeader
		if h.UncompressedSize64 != 0 {
			create = z.CreateRaw
		}
		w, err := create(h)
		if err == nil {
			_, err = w.Write(e.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files that nobody should trust are refused, and the errors name the entry.
func TestHostileArchives(t *testing.T) {
	file := smallArchive(t)
	good := entries(t, file)
	manifest, part := good[0], good[1]
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	with := func(e zipped, change func(*zip.FileHeader)) zipped { e.change = change; return e }
	raw := func(method uint16, packed, whole uint64) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) { h.Method, h.CompressedSize64, h.UncompressedSize64 = method, packed, whole }
	}
	tests := map[string]struct {
		file []byte
		want string // in the error
	}{
		"no zip":                   {[]byte("id,age,town\n"), "no .chimera file"},
		"empty":                    {nil, "no .chimera file"},
		"a zip without files":      {made(t), "no archive of a model"},
		"no manifest":              {made(t, part), "no archive of a model"},
		"manifest second":          {made(t, part, manifest), "no archive of a model"},
		"compressed manifest":      {made(t, with(manifest, nil), part), "manifest.json"},
		"manifest of another":      {made(t, zipped{"manifest.json", []byte(`{"format":1}`), manifest.change}, part), "manifest.json"},
		"no part":                  {made(t, manifest), "parts/tree1"},
		"one too many":             {made(t, manifest, part, zipped{name: "parts/tree9"}), "parts/tree9"},
		"part of a worker without": {made(t, manifest, part, zipped{name: "parts/tree2"}), "parts/tree2"},
		"traversal":                {made(t, manifest, zipped{"../parts/tree1", part.text, nil}), "../parts/tree1"},
		"absolute":                 {made(t, manifest, zipped{"/parts/tree1", part.text, nil}), "/parts/tree1"},
		"backslash":                {made(t, manifest, zipped{`parts\tree1`, part.text, nil}), `parts\\tree1`},
		"device of Windows":        {made(t, manifest, part, zipped{name: "NUL"}), "NUL"},
		"folder":                   {made(t, manifest, part, zipped{name: "parts/"}), "parts/"},
		"twice":                    {made(t, manifest, part, part), "parts/tree1"},
		"link":                     {made(t, manifest, with(part, link)), "parts/tree1"},
		"device":                   {made(t, manifest, with(part, func(h *zip.FileHeader) { h.SetMode(fs.ModeDevice | 0o644) })), "parts/tree1"},
		"encrypted":                {made(t, manifest, with(part, func(h *zip.FileHeader) { h.Flags |= 1 })), "parts/tree1"},
		"other method":             {made(t, manifest, with(part, raw(99, uint64(len(tree)), uint64(len(tree))))), "parts/tree1"},
		"size of another":          {made(t, manifest, zipped{"parts/tree1", []byte("short"), nil}), "parts/tree1"},
		"stored bomb":              {made(t, manifest, with(part, raw(zip.Store, uint64(len(tree)), 1<<40))), "parts/tree1"},
		"size beyond the file":     {made(t, manifest, with(part, raw(zip.Store, 1<<62, 1<<62))), "parts/tree1"},
		"size that overflows":      {made(t, manifest, with(part, raw(zip.Deflate, 10, 1<<63))), "parts/tree1"},
		"scores without checksum":  {made(t, manifest, part, zipped{"scores.json", []byte("{}"), manifest.change}), "scores.json"},
		"scores before the parts":  {made(t, manifest, zipped{"scores.json", []byte("{}"), manifest.change}, part), "scores.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, test.file)
			var damaged *models.DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want a *DamagedError that names %s, got %v", test.want, err)
			}
		})
	}

	// These are found when the part is read: the entry says of itself what the manifest says.
	announced := raw(zip.Deflate, 0, uint64(len(tree)))
	for name, text := range map[string][]byte{
		"bomb":      deflated(t, bytes.Repeat([]byte{'a'}, 8<<20)),
		"too short": deflated(t, []byte("a")),
		"altered":   deflated(t, bytes.Repeat([]byte{'a'}, len(tree))),
		"no stream": []byte("certainly not compressed"),
	} {
		t.Run(name, func(t *testing.T) {
			bad := made(t, manifest, zipped{"parts/tree1", text, func(h *zip.FileHeader) { announced(h); h.CompressedSize64 = uint64(len(text)) }})
			a, err := read(t, bad)
			if err != nil {
				t.Fatal(err)
			}
			s, dir := folder(t)
			for _, err := range []error{a.Verify(t.Context()), second(s.Import(t.Context(), a))} {
				var damaged *models.DamagedError
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "parts/tree1") {
					t.Errorf("want a *DamagedError that names parts/tree1, got %v", err)
				}
			}
			if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func second(_ *models.Manifest, err error) error { return err }

// deflated is what zip stores of a text.
func deflated(t *testing.T, text []byte) []byte {
	t.Helper()
	file := made(t, zipped{name: "a", text: text})
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// A caller says how much a model may be.
func TestLimitsOfAnArchive(t *testing.T) {
	file := smallArchive(t)
	for _, limits := range []models.Limits{{Bytes: 100}, {Entries: 1}} {
		_, err := models.ReadArchive(t.Context(), bytes.NewReader(file), int64(len(file)), limits)
		var damaged *models.DamagedError
		if !errors.As(err, &damaged) {
			t.Errorf("%+v: %v", limits, err)
		}
	}
	if _, err := models.ReadArchive(t.Context(), bytes.NewReader(file), int64(len(file)), models.Limits{Bytes: int64(len(file)), Entries: 2}); err != nil {
		t.Error(err)
	}
	// Thousands of entries are not even listed.
	var many []zipped
	for range 5_000 {
		many = append(many, zipped{name: strings.Repeat("x", 600)})
	}
	huge := made(t, many...)
	counted := &counting{ReaderAt: bytes.NewReader(huge)}
	if _, err := models.ReadArchive(t.Context(), counted, int64(len(huge)), models.Limits{Entries: 10}); err == nil || counted.n > 300<<10 {
		t.Errorf("%d bytes were read of %d entries, %v", counted.n, len(many), err)
	}
}

type counting struct {
	io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

func TestWhoWritesAnArchiveCanBeStopped(t *testing.T) {
	s, dir := folder(t)
	m := keep(t, s, "fit1", 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := models.WriteArchive(ctx, io.Discard, s, m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	part := filepath.Join(dir, "fit1", "parts", "tree1")
	if err := os.WriteFile(part, []byte(strings.Replace(tree, "few", "bad", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := models.WriteArchive(t.Context(), io.Discard, s, m); err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("a damaged part was written: %v", err)
	}
}

func TestOpenArchiveNamesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "model.chimera")
	whole := smallArchive(t)
	if err := os.WriteFile(file, whole[:len(whole)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := models.OpenArchive(t.Context(), file, models.Limits{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("cut off: %v", err)
	}
	if _, err := models.OpenArchive(t.Context(), filepath.Dir(file), models.Limits{}); err == nil || !strings.Contains(err.Error(), "regular") {
		t.Errorf("a folder: %v", err)
	}
	if err := os.WriteFile(file, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := models.OpenArchive(t.Context(), file, models.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := a.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("after Close: %v", err)
	}
}

// unpacked is all that a program gets of an archive.
func unpacked(tb testing.TB, file []byte) (string, error) {
	tb.Helper()
	a, err := read(tb, file)
	if err != nil {
		return "", err
	}
	s := a.Store()
	objects, err := models.Objects(tb.Context(), s)
	if err != nil {
		return "", err
	}
	if err := a.Verify(tb.Context()); err != nil {
		return "", err
	}
	return objects, nil
}

// An archive of which any byte is altered, or any end missing, is the same model or an error that says what is wrong.
func TestAlteredArchives(t *testing.T) {
	file := smallArchive(t)
	want, err := unpacked(t, file)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	check := func(what string, at int, altered []byte) {
		got, err := unpacked(t, altered)
		var damaged *models.DamagedError
		switch {
		case err == nil && got != want:
			t.Errorf("%s %d: another model", what, at)
		case err == nil:
			same++
		case !errors.As(err, &damaged):
			t.Errorf("%s %d: %v", what, at, err)
		}
	}
	altered := make([]byte, len(file))
	for i := range file {
		for _, bits := range []byte{0x01, 0x80, 0xff} {
			copy(altered, file)
			altered[i] ^= bits
			check("altered byte", i, altered)
		}
		check("cut at", i, file[:i])
	}
	if same > len(file)/4 { // times, modes and versions, in few bytes
		t.Errorf("%d of %d archives are taken for right", same, 4*len(file))
	}
}

// Bytes of anywhere are a model that comes back when it is written, or an error.
func FuzzArchive(f *testing.F) {
	b, err := models.OpenFolder(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	s := models.NewStore(b)
	d, err := s.Draft("fit1")
	if err != nil {
		f.Fatal(err)
	}
	part, err := d.Write(f.Context(), "tree1", says(tree))
	if err != nil {
		f.Fatal(err)
	}
	m := &models.Manifest{
		Created: noon, Kind: "aggregation", Workers: []models.Worker{{Name: "tree1"}}, Parts: []models.Part{part},
		Model: models.Model{Task: learner.Regression, Features: []string{"age"}, Baseline: []float64{1}, Rows: 3},
	}
	if err := d.Commit(f.Context(), m); err != nil {
		f.Fatal(err)
	}
	file := archive(f, s, m)
	f.Add(file)
	f.Add(file[:len(file)-10])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, file []byte) {
		text, err := unpacked(t, file)
		if err != nil {
			var damaged *models.DamagedError
			if !errors.As(err, &damaged) {
				t.Errorf("which entry? %v", err)
			}
			return
		}
		a, err := read(t, file)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpacked(t, archive(t, a.Store(), a.Manifest()))
		if err != nil || again != text {
			t.Errorf("it was written and is another, %v", err)
		}
	})
}

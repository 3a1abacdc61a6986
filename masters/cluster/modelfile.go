package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/models"
)

// archiveMedia are the content types of a model in one file.
var archiveMedia = []string{"application/zip", "application/octet-stream"}

type fileOutput struct{ Body func(huma.Context) }

type importOutput struct {
	Status int
	Body   models.Detail
}

// mountFiles registers how a model leaves and enters the store as one file.
func (s *Server) mountFiles() {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	file := rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathModels + "/{id}/file", Summary: "A stored model as one file", Tags: []string{"models"},
		Description: "A zip with the manifest first (" + models.Extension + "), which any other store takes in. " +
			"If the stored model is damaged, the answer breaks off.",
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{archiveMedia[0]: binary}}},
	}, storedCodes...)
	rest.Register(s.API, file, s.sendModel)

	content := map[string]*huma.MediaType{}
	for _, media := range archiveMedia {
		content[media] = binary
	}
	take := rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: api.PathModels, Summary: "Take in a model", Tags: []string{"models"}, DefaultStatus: http.StatusCreated,
		Description: "The body is a model as one file. It is checked as a whole before it is a model of this store; it is not put into service. " +
			"A model that is there already is answered with 200. Its size may be up to limits.max_model.",
		RequestBody:      &huma.RequestBody{Required: true, Content: content},
		Responses:        s.takenIn(),
		SkipValidateBody: true,
	}, api.CodeModelsNotKept, api.CodeModelExists, api.CodeModelDamaged, api.CodeNotStored)
	s.Direct(api.PathModels, s.receiveModel)
	rest.Register(s.API, take, func(ctx context.Context, in *rest.RawInput) (*importOutput, error) { // what Direct leaves: a compressed body
		return s.importModel(ctx, bytes.NewReader(in.Raw), int64(len(in.Raw)))
	})
}

// takenIn documents the answers to a model that is taken in: 201, or 200 if it was there.
func (s *Server) takenIn() map[string]*huma.Response {
	responses := answered(http.StatusCreated, exampleImported())
	responses["200"] = s.also(http.StatusOK, exampleImported())
	return responses
}

// sendModel answers with a model as one file.
func (s *Server) sendModel(ctx context.Context, in *modelInput) (*fileOutput, error) {
	store, id, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m, err := store.Get(ctx, id)
	if err != nil {
		return nil, storeProblem(err)
	}
	return &fileOutput{func(h huma.Context) {
		out := &lateWriter{begin: func() io.Writer {
			h.SetHeader("Content-Type", archiveMedia[0])
			h.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="%s%s"`, id, models.Extension))
			return h.BodyWriter()
		}}
		err := models.WriteArchive(ctx, out, store, m)
		if err == nil {
			err = out.flush()
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		s.Log.ErrorContext(ctx, "a stored model could not be sent", "model", id, "error", err)
		var p *api.Problem
		if out.to == nil && errors.As(storeProblem(err), &p) {
			rest.Fail(h, p)
			return
		}
		panic(http.ErrAbortHandler) // so that the caller does not take a part for the whole
	}}, nil
}

// lateWriter begins to write when there is much, so that an error that comes early can be answered as one.
type lateWriter struct {
	begin func() io.Writer
	to    io.Writer // nil before it has begun
	first bytes.Buffer
}

// early is how many bytes are kept back.
const early = 256 << 10

// Write keeps p, or writes it.
func (w *lateWriter) Write(p []byte) (int, error) {
	if w.to == nil {
		if w.first.Len()+len(p) <= early {
			return w.first.Write(p)
		}
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	return w.to.Write(p)
}

// flush writes what was kept.
func (w *lateWriter) flush() error {
	if w.to == nil {
		w.to = w.begin()
	}
	_, err := w.first.WriteTo(w.to)
	return err
}

// receiveModel answers an upload that is not compressed. Its body goes to a temporary file as it comes.
func (s *Server) receiveModel(w http.ResponseWriter, r *http.Request) (answered bool) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || err != nil || media != archiveMedia[0] && media != archiveMedia[1] {
		return false
	}
	out, err := s.upload(w, r)
	if err != nil {
		var p *api.Problem
		if !errors.As(err, &p) {
			p = api.NewProblem(api.CodeInternal, Sentence(err))
		}
		s.Refuse(w, r, p)
		return true
	}
	s.Answer(w, out.Status, out.Body)
	return true
}

// upload receives a model into a temporary file, and takes it in.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) (_ *importOutput, err error) {
	if _, err := s.writable(); err != nil { // before the body is sent for nothing
		return nil, err
	}
	limit := int64(s.setup.Config.Limits.MaxModel)
	tooLarge := api.Problemf(api.CodeBodyTooLarge, "The model is larger than the limit of %d bytes (limits.max_model).", limit)
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	file, err := os.CreateTemp("", "chimera-model-*"+models.Extension)
	if err != nil {
		return nil, notTaken(err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	body := &patientBody{r.Body, http.NewResponseController(w), s.Limits().BodyTimeout}
	n, err := io.Copy(file, io.LimitReader(body, limit+1))
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return nil, notTaken(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, api.Problemf(api.CodeBodyTimeout, "Nothing of the model arrived for %s (limits.body_read_timeout).", s.Limits().BodyTimeout)
	case err != nil:
		return nil, api.NewProblem(api.CodeMalformedBody, "The body ended before it was complete.")
	case n > limit:
		return nil, tooLarge
	}
	_ = body.deadline.SetReadDeadline(time.Time{}) // a connection without deadlines has none to lift
	return s.importModel(r.Context(), file, n)
}

// patientBody is a body that may take as long as it likes, if it does not stall.
type patientBody struct {
	io.Reader
	deadline *http.ResponseController
	stall    time.Duration
}

// Read reads what has arrived.
func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.deadline.SetReadDeadline(time.Now().Add(b.stall)) // a connection without deadlines has no slow sender
	return b.Reader.Read(p)
}

// importModel takes a model in, of which size bytes are in r.
func (s *Server) importModel(ctx context.Context, r io.ReaderAt, size int64) (*importOutput, error) {
	store, err := s.writable()
	if err != nil {
		return nil, err
	}
	archive, err := models.ReadArchive(ctx, r, size, models.Limits{Bytes: int64(s.setup.Config.Limits.MaxModel)})
	if err != nil {
		return nil, uploadProblem(err)
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	status := http.StatusCreated
	m, err := store.Import(ctx, archive)
	var exists *models.ExistsError
	if errors.As(err, &exists) {
		m, err = archive.Manifest(), nil
		if same, err := store.Same(ctx, m); err != nil {
			return nil, storeProblem(err)
		} else if !same {
			p := api.Problemf(api.CodeModelExists, "There is a stored model %s already, and it is another one; remove it first (DELETE %s/%s).",
				m.ID, api.PathModels, m.ID)
			p.FitID = m.ID
			return nil, p
		}
		status = http.StatusOK
	}
	if err != nil {
		return nil, uploadProblem(err)
	}
	d, err := store.Detail(ctx, m.ID)
	if err != nil {
		return nil, storeProblem(err)
	}
	if status == http.StatusCreated {
		s.Log.InfoContext(ctx, "a model was taken in", "model", m.ID, "created", m.Created)
	}
	return &importOutput{status, *d}, nil
}

// uploadProblem is the problem of a model that could not be taken in: the file is at fault, or the store.
func uploadProblem(err error) error {
	var damaged *models.DamagedError
	switch {
	case errors.As(err, &damaged):
		return api.NewProblem(api.CodeModelDamaged, Sentence(err))
	case errors.Is(err, context.Canceled):
		return problem(err)
	default:
		return notTaken(err)
	}
}

func notTaken(err error) error {
	return api.Problemf(api.CodeNotStored, "The model could not be stored: %v. Free space, or choose another place (models.store in chimera.yaml).", err)
}

package api

import (
	"net/http"
	"slices"
)

// Code identifies a kind of problem. Codes are stable: a program may rely on them.
type Code string

// The codes. Codes describes each; docs/errors.md is the same as a page.
const (
	CodeMalformedBody    Code = "malformed_body"
	CodeInvalidRequest   Code = "invalid_request"
	CodeBodyTooLarge     Code = "body_too_large"
	CodeBodyTimeout      Code = "body_timeout"
	CodeUnsupportedMedia Code = "unsupported_media_type"
	CodeNotAcceptable    Code = "not_acceptable"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeNotFitted        Code = "not_fitted"
	CodeFitRunning       Code = "fit_running"
	CodeNoFitRunning     Code = "no_fit_running"
	CodeFitCancelled     Code = "fit_cancelled"
	CodeOutdated         Code = "outdated_model"
	CodeManaged          Code = "managed_worker"
	CodeUnusableData     Code = "unusable_data"
	CodeDiverged         Code = "diverged"
	CodeStarting         Code = "starting"
	CodeTooManyListeners Code = "too_many_listeners"
	CodeWorkersFailed    Code = "workers_failed"
	CodeWorkersTimeout   Code = "workers_timeout"
	CodeInternal         Code = "internal"
	CodeDamaged          Code = "damaged_body"
	CodeCrossSite        Code = "cross_site"
	CodeUnknownHost      Code = "unknown_host"
	CodeUnknownCaller    Code = "unknown_caller"
	CodeMastersOnly      Code = "masters_only"
	CodeOverloaded       Code = "overloaded"
	CodeTooManyRequests  Code = "too_many_requests"
	CodeNotStored        Code = "not_stored"
	CodeModelDamaged     Code = "model_damaged"
	CodeModelInUse       Code = "model_in_use"
	CodeServingOnly      Code = "serving_only"
	CodeModelExists      Code = "model_exists"
	CodeModelUnsuited    Code = "model_unsuited"
	CodeModelsNotKept    Code = "models_not_kept"
	CodeNotExplained     Code = "not_explained"
	CodeNoSnapshot       Code = "no_snapshot"
	CodeUnauthenticated  Code = "unauthenticated"
	CodeForbidden        Code = "forbidden"
	CodeCannotScale      Code = "cannot_scale"
)

// CodeInfo describes a kind of problem.
type CodeInfo struct {
	Code    Code
	Status  int    // HTTP status
	Title   string // the kind of problem in a few words
	Meaning string // when it happens
	Remedy  string // what the caller can do
	Class   string // the error class that the Python package would name in details.errorMessage
	AtFault bool   // the content of the request, or the data, is at fault: sent again, it fails again
	Again   int    // seconds after which another try may do better, for the header Retry-After; 0 if nobody knows
}

// Type is the URN in a problem's type.
func (i CodeInfo) Type() string { return "urn:chimera:problem:" + string(i.Code) }

// codes is the only definition of what a code means.
var codes = []CodeInfo{
	{
		Code: CodeMalformedBody, Status: http.StatusBadRequest, Class: "ValueError", AtFault: true,
		Title:   "The request body cannot be read",
		Meaning: "The body is not JSON, or is a damaged binary frame.",
		Remedy:  "Send a JSON object; the detail says where reading stopped.",
	},
	{
		Code: CodeDamaged, Status: http.StatusBadRequest, Class: "ConnectionError",
		Title:   "The request body was damaged on its way",
		Meaning: "The body is not the one that was sent: its checksum is another. Nothing was done.",
		Remedy:  "Send the request again. If it happens often, look at the network between the two programs.",
	},
	{
		Code: CodeUnauthenticated, Status: http.StatusUnauthorized, Class: "PermissionError",
		Title: "The master does not know who calls",
		Meaning: "The master asks its clients for a token (security.clients in chimera.yaml), and the request has none, " +
			"or one that the master does not know, or not any more. Nothing was done.",
		Remedy: "Send a token in the header Authorization, as in Authorization: Bearer TOKEN. The command line takes it from CHIMERA_TOKEN_FILE, " +
			"CHIMERA_TOKEN or --token-file; chimera token makes one.",
	},
	{
		Code: CodeUnknownCaller, Status: http.StatusUnauthorized, Class: "PermissionError",
		Title: "The worker does not know the caller",
		Meaning: "A worker that its master has given an identity (security.workers: mtls or token) answers its master and, where workers call each other, " +
			"those of the same project. A master that was started again gives its workers other identities.",
		Remedy: "Ask the master. To call a worker by hand, start it by hand, without an identity.",
	},
	{
		Code: CodeCrossSite, Status: http.StatusForbidden, Class: "PermissionError",
		Title: "Another site's page may not call",
		Meaning: "A browser sent the request for a page of another site (headers Sec-Fetch-Site and Origin). " +
			"Masters and workers answer only their own pages, and programs.",
		Remedy: "Call from a program, or from a page that the node itself serves.",
	},
	{
		Code: CodeForbidden, Status: http.StatusForbidden, Class: "PermissionError",
		Title:   "The client may not do that",
		Meaning: "The client has the role predict, and what was asked for changes something, which needs the role admin. Nothing was done.",
		Remedy:  "Use a token of the role admin.",
	},
	{
		Code: CodeMastersOnly, Status: http.StatusForbidden, Class: "PermissionError",
		Title:   "Only the master may do this",
		Meaning: "Another worker of the project asked for something that workers do not ask of each other, or sent in the place of a third one.",
		Remedy:  "Look at the worker that sent it: it has another version, or somebody else uses its identity.",
	},
	{
		Code: CodeNotFound, Status: http.StatusNotFound, Class: "HTTPException",
		Title:   "Not found",
		Meaning: "The node has no such path, or there has been no fit yet.",
		Remedy:  "Look up the path on the node's page /docs. A master only has the paths of its own kind.",
	},
	{
		Code: CodeMethodNotAllowed, Status: http.StatusMethodNotAllowed, Class: "HTTPException",
		Title:   "Method not allowed",
		Meaning: "The path exists, but not for this HTTP method.",
		Remedy:  "Use a method that is listed in the answer's Allow header.",
	},
	{
		Code: CodeNotAcceptable, Status: http.StatusNotAcceptable, Class: "ValueError",
		Title:   "No acceptable content type",
		Meaning: "The Accept header excludes every form that the answer is available in.",
		Remedy:  "Send Accept: application/json.",
	},
	{
		Code: CodeBodyTimeout, Status: http.StatusRequestTimeout, Class: "TimeoutError",
		Title:   "The request body arrived too slowly",
		Meaning: "The body was not complete within limits.body_read_timeout.",
		Remedy:  "Send fewer rows at once, or raise limits.body_read_timeout in chimera.yaml.",
	},
	{
		Code: CodeNotFitted, Status: http.StatusConflict, Class: "NotFittedError",
		Title:   "There is no fitted model yet",
		Meaning: "A prediction, a score or the coefficients were requested before the first fit.",
		Remedy:  "Fit first.",
	},
	{
		Code: CodeFitRunning, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "A fit is running",
		Meaning: "A fit was requested while another is running; there can be only one at a time.",
		Remedy:  "Wait for the running fit, or cancel it with DELETE " + PathFit + ".",
	},
	{
		Code: CodeNoFitRunning, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "No fit is running",
		Meaning: "There is nothing to cancel: the fit has ended, or none was started.",
		Remedy:  "Ask GET " + PathFit + " for the result of the last fit.",
	},
	{
		Code: CodeFitCancelled, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "The fit was cancelled",
		Meaning: "Somebody cancelled the fit, or the master is stopping. The model that served before stays in service.",
		Remedy:  "Fit again.",
	},
	{
		Code: CodeOutdated, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "The worker holds another model",
		Meaning: "A worker does not hold the model in service but that of another fit, because it was restarted or missed the end of a fit.",
		Remedy:  "Nothing: the master leaves the worker out of its answers until it has sent it the current model.",
	},
	{
		Code: CodeNotExplained, Status: http.StatusConflict, Class: "AttributeError",
		Title: "The model does not tell that",
		Meaning: "Importances, coefficients, out-of-bag scores, clusters or components were requested of a model whose learners have none; " +
			"workers lists those without.",
		Remedy: "POST " + PathPermutationImportance + " and " + PathPartialDependence + ", which explain any model of a target by its answers; GET " +
			PathStructure + " of a model without targets.",
	},
	{
		Code: CodeManaged, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "A master manages the worker",
		Meaning: "A fit without a fit_id, which would be served at once, reached a worker whose model is that of a fit of a master of this module.",
		Remedy:  "Fit through the master. To use the worker with the Python package's master, or by itself, start it anew.",
	},
	{
		Code: CodeModelDamaged, Status: http.StatusConflict, Class: "OSError",
		Title:   "The stored model is damaged",
		Meaning: "A file of a stored model, or of an uploaded one, is not what was stored. It is not served.",
		Remedy:  "Serve another model, or fit again. The detail names the file.",
	},
	{
		Code: CodeModelInUse, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "The model is in service",
		Meaning: "The model in service cannot be removed, nor can that of a fit that is running.",
		Remedy:  "Serve another model first.",
	},
	{
		Code: CodeModelExists, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "There is another model of this ID",
		Meaning: "A model was sent, and the store has one of the same ID that is not the same.",
		Remedy:  "Remove the stored one first, if the one that was sent is the right one.",
	},
	{
		Code: CodeModelUnsuited, Status: http.StatusConflict, Class: "ValueError",
		Title:   "The stored model does not suit this master",
		Meaning: "It was fitted by another kind of master, or by other workers, so that this one cannot serve it.",
		Remedy:  "Serve it from a project with the master and the workers that the detail names, or fit again.",
	},
	{
		Code: CodeModelsNotKept, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "Models are not kept",
		Meaning: "A stored model, or the record of a fit, was asked for or sent, and this master keeps none.",
		Remedy:  "The detail says why not. Set models.store in chimera.yaml, or end the other program that has the store.",
	},
	{
		Code: CodeNoSnapshot, Status: http.StatusConflict, Class: "NotImplementedError",
		Title:   "The learner's model cannot be stored",
		Meaning: "A worker was asked for its model, but its learner has no snapshots (learner.Snapshotter).",
		Remedy:  "Nothing: the worker is fitted again when its model is needed. To store it, use a learner with snapshots.",
	},
	{
		Code: CodeCannotScale, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "Workers cannot leave or join like that",
		Meaning: "The kind of master cannot do with other workers than it has, or a setting asks for more than would be left.",
		Remedy:  "The detail says which setting, or what to change in chimera.yaml.",
	},
	{
		Code: CodeServingOnly, Status: http.StatusConflict, Class: "RuntimeError",
		Title:   "This program serves a stored model, and cannot fit",
		Meaning: "It has the model and no training rows.",
		Remedy:  "Fit in the project that the model comes from, and serve the new model.",
	},
	{
		Code: CodeBodyTooLarge, Status: http.StatusRequestEntityTooLarge, Class: "ValueError", AtFault: true,
		Title:   "The request body is too large",
		Meaning: "The body is larger than limits.max_body, or a predict request has more than 1048576 columns.",
		Remedy:  "Send fewer rows at once, or raise limits.max_body in chimera.yaml.",
	},
	{
		Code: CodeUnsupportedMedia, Status: http.StatusUnsupportedMediaType, Class: "ValueError",
		Title:   "The content type is not supported",
		Meaning: "The Content-Type header names a form that the operation does not accept.",
		Remedy:  "Send application/json.",
	},
	{
		Code: CodeUnknownHost, Status: http.StatusMisdirectedRequest, Class: "PermissionError",
		Title: "The node is not known by this name",
		Meaning: "The Host header names neither an IP address, nor localhost, nor a name of the node's machine or project. A page can make a browser send such " +
			"requests by giving its own name the node's address (DNS rebinding).",
		Remedy: "Call the node by its IP address, or list the name under access.hosts in chimera.yaml.",
	},
	{
		Code: CodeInvalidRequest, Status: http.StatusUnprocessableEntity, Class: "ValueError", AtFault: true,
		Title:   "The request is not valid",
		Meaning: "The body can be read, but its content is wrong: a field is missing, a row has the wrong length, a column is unknown.",
		Remedy:  "Correct the faults listed in errors, each with its place in the body.",
	},
	{
		Code: CodeUnusableData, Status: http.StatusUnprocessableEntity, Class: "ValueError", AtFault: true,
		Title:   "The data cannot be used",
		Meaning: "The learner refused the rows, or the workers' rows do not belong together.",
		Remedy:  "Correct the rows that the detail names. `chimera validate` checks the training data of all workers.",
	},
	{
		Code: CodeDiverged, Status: http.StatusUnprocessableEntity, Class: "ValueError",
		Title:   "The training diverged",
		Meaning: "The loss or the parameters grew without bound. The model that served before stays in service.",
		Remedy:  "Lower the learning rate, or follow the advice in the detail.",
	},
	{
		Code: CodeTooManyRequests, Status: http.StatusTooManyRequests, Class: "RuntimeError", Again: 1,
		Title:   "Too many requests from one address",
		Meaning: "The caller's address has sent more requests a second than limits.rate allows. Nothing was done.",
		Remedy: "Send the request again after the time in Retry-After; send more rows at once, in fewer requests; or raise limits.rate or " +
			"limits.burst in chimera.yaml.",
	},
	{
		Code: CodeInternal, Status: http.StatusInternalServerError, Class: "Exception",
		Title:   "Internal error",
		Meaning: "A bug in Chimera, or in a learner.",
		Remedy:  "Read the node's log, and report the bug with it.",
	},
	{
		Code: CodeWorkersFailed, Status: http.StatusBadGateway, Class: "ResponseException",
		Title:   "Workers failed",
		Meaning: "Fewer workers than the quorum succeeded.",
		Remedy:  "See the reason of each worker in workers, and its log.",
	},
	{
		Code: CodeStarting, Status: http.StatusServiceUnavailable, Class: "RuntimeError", Again: 1,
		Title:   "Still starting",
		Meaning: "The workers are being started or are receiving the model again, too few of them can do their part, or the master is stopping.",
		Remedy:  "Try again in a moment; GET " + PathReady + " tells when it is ready, and until then which workers are not and why.",
	},
	{
		Code: CodeOverloaded, Status: http.StatusServiceUnavailable, Class: "RuntimeError", Again: 2,
		Title: "Too many requests at once",
		Meaning: "The requests that are being answered take all the memory that limits.max_memory allows, and none became free in time; or a master " +
			"answers as many as limits.max_requests allows. Nothing was done.",
		Remedy: "Send the request again after the time in Retry-After; send fewer rows at once; or raise the limit that the detail names in chimera.yaml.",
	},
	{
		Code: CodeTooManyListeners, Status: http.StatusServiceUnavailable, Class: "RuntimeError", Again: 5,
		Title:   "Too many clients listen to the events",
		Meaning: "The master already has as many listeners to its events as it allows.",
		Remedy:  "Close one of the streams, or ask GET " + PathFit + " for the state of the fit.",
	},
	{
		Code: CodeWorkersTimeout, Status: http.StatusGatewayTimeout, Class: "ResponseException",
		Title:   "Workers did not answer in time",
		Meaning: "Fewer workers than the quorum succeeded, and all others timed out.",
		Remedy:  "Raise endpoints.timeout in chimera.yaml, or give the workers fewer rows.",
	},
	{
		Code: CodeNotStored, Status: http.StatusInsufficientStorage, Class: "OSError",
		Title:   "The model could not be stored",
		Meaning: "A fit has made a model, which could not be written where models are kept. The model that served before stays in service.",
		Remedy:  "Free space, choose another place with models.store in chimera.yaml, or set it to none, and fit again.",
	},
}

// Codes describes every code, by HTTP status.
func Codes() []CodeInfo { return slices.Clone(codes) }

// Info describes the code; an unknown code is described as an internal error.
func (c Code) Info() CodeInfo {
	at := slices.IndexFunc(codes, func(i CodeInfo) bool { return i.Code == c })
	if at < 0 {
		at = slices.IndexFunc(codes, func(i CodeInfo) bool { return i.Code == CodeInternal })
	}
	return codes[at]
}

// codeOfStatus is the code for a status that the HTTP library sends by itself.
func codeOfStatus(status int) Code {
	switch status {
	case http.StatusBadRequest:
		return CodeMalformedBody
	case http.StatusRequestEntityTooLarge:
		return CodeBodyTooLarge
	case http.StatusRequestTimeout:
		return CodeBodyTimeout
	case http.StatusUnsupportedMediaType:
		return CodeUnsupportedMedia
	case http.StatusNotAcceptable:
		return CodeNotAcceptable
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusMethodNotAllowed:
		return CodeMethodNotAllowed
	case http.StatusTooManyRequests:
		return CodeTooManyRequests
	}
	if status >= 400 && status < 500 {
		return CodeInvalidRequest
	}
	return CodeInternal
}

package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// kinds are the registered kinds of events.
var kinds struct {
	sync.RWMutex
	listed []Event
	byName map[string]reflect.Type
}

func init() {
	for _, e := range []Event{
		FitStartedEvent{}, WorkerBeganEvent{}, WorkerFittedEvent{}, WorkerFailedEvent{}, FitCommittedEvent{}, FitFailedEvent{},
		FitCancelledEvent{}, FitResumedEvent{}, CheckpointDamagedEvent{}, StepEvent{}, WorkerDownEvent{}, WorkerUpEvent{}, WorkerCaughtUpEvent{},
		WorkerOutlierEvent{}, ModelServedEvent{}, WorkerJoinedEvent{}, WorkerLeftEvent{},
	} {
		RegisterEvent(e)
	}
}

// RegisterEvent registers a kind of event, given a value of its type, which must be a struct: masters
// document it and may send it, and clients that link its package receive it as that type. A kind of
// distribution calls it in an init function for its own events. It panics if the name or the type is
// already registered, or if the type is not a struct.
func RegisterEvent(e Event) {
	t := reflect.TypeOf(e)
	if t == nil || t.Kind() != reflect.Struct || t == reflect.TypeFor[UnknownEvent]() || e.Kind() == "" {
		panic(fmt.Sprintf("api: RegisterEvent(%T): want a struct of your own whose Kind is its name", e))
	}
	kinds.Lock()
	defer kinds.Unlock()
	for name, other := range kinds.byName {
		if name == e.Kind() || other == t {
			panic(fmt.Sprintf("api: RegisterEvent(%T): the event %s is registered already, as %s", e, name, other))
		}
	}
	if kinds.byName == nil {
		kinds.byName = map[string]reflect.Type{}
	}
	kinds.byName[e.Kind()] = t
	kinds.listed = append(kinds.listed, e)
}

// Events lists one event of each registered kind, with those of this package first.
func Events() []Event {
	kinds.RLock()
	defer kinds.RUnlock()
	return append([]Event(nil), kinds.listed...)
}

// DecodeEvent decodes an event from its name and its JSON. An event of an unregistered kind, from a
// newer master or from a kind of distribution that this program does not link, is an UnknownEvent.
func DecodeEvent(name string, data []byte) (Event, error) {
	kinds.RLock()
	t, known := kinds.byName[name]
	kinds.RUnlock()
	if !known {
		if !json.Valid(data) {
			return nil, fmt.Errorf("the event %s is not JSON", name)
		}
		return UnknownEvent{Name: name, Data: append(json.RawMessage(nil), data...)}, nil
	}
	e := reflect.New(t)
	if err := json.Unmarshal(data, e.Interface()); err != nil {
		return nil, fmt.Errorf("the event %s cannot be read: %w", name, err)
	}
	event, _ := e.Elem().Interface().(Event) // only types that implement Event are registered
	return event, nil
}

// UnknownEvent is an event of a kind that is not registered.
type UnknownEvent struct {
	Name string          // of the kind
	Data json.RawMessage // the event, as it was sent
}

// Kind is the event's name.
func (e UnknownEvent) Kind() string { return e.Name }

// MarshalJSON returns what was received.
func (e UnknownEvent) MarshalJSON() ([]byte, error) { return e.Data.MarshalJSON() }

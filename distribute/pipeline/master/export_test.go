package master

import (
	"context"
	"time"
)

// PauseWith replaces how the master waits between the tries of a recovery.
func (p *Master) PauseWith(pause func(context.Context, time.Duration) error) { p.pause = pause }

// WatchWith replaces how the master waits between two looks at the stages.
func (p *Master) WatchWith(watch func(context.Context, time.Duration) error) { p.watch = watch }

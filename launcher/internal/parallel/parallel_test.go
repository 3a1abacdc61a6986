package parallel

import (
	"context"
	"errors"
	"testing"
)

func TestDo(t *testing.T) {
	broken, late := errors.New("broken"), errors.New("late")
	called := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for _, tt := range []struct {
		name string
		f    func(ctx context.Context, i int) error
		want string // empty: no error
	}{
		{"all succeed", func(context.Context, int) error { return nil }, ""},
		{"one fails and the rest are called off", func(ctx context.Context, i int) error {
			if i == 1 {
				return broken
			}
			return called(ctx)
		}, "broken"},
		{"each that fails by itself is reported, in order", func(ctx context.Context, i int) error {
			switch i {
			case 0:
				<-ctx.Done()
				return late
			case 1:
				return broken
			default:
				return called(ctx)
			}
		}, "late\nbroken"},
		{"a cancellation of one's own", func(_ context.Context, i int) error {
			if i == 0 {
				return context.Canceled
			}
			return nil
		}, "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := Do(t.Context(), 3, tt.f); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	err := Do(ctx, 3, func(ctx context.Context, i int) error {
		if i == 2 {
			cancel()
			return broken
		}
		return called(ctx)
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, broken) {
		t.Errorf("the caller's cancellation: %v", err)
	}
}

package rest

// None is the input of an operation that takes nothing.
type None struct{}

// Output is the output of an operation with a JSON body.
type Output[T any] struct{ Body T }

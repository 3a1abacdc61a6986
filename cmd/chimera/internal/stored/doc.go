// Package stored is what the commands about stored models and recorded fits do: they ask a running master, or else the store of the
// project itself, and show what differs between models, and how fits went.
//
// The room imports models, client and picture; it knows no command.
package stored

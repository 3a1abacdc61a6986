// Package watch shows a fit as it goes on, from the events that its master tells: as a frame of text that is drawn again and
// again on a terminal, or as one line for each thing that happens.
package watch

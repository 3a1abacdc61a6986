//go:build !unix

package atomicfile

// syncFolder does nothing: these systems bring a folder's entries to the disk by themselves, and offer no call.
func syncFolder(string) error { return nil }

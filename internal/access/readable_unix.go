//go:build !windows

package access

import "io/fs"

// readable reports whether others than its owner can read a file.
func readable(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

package config

import quantity "github.com/gochimera/chimera/internal/setting"

// Duration is a length of time, written as Go writes one ("1m30s") or as a
// number of seconds.
type Duration = quantity.Duration

// Size is a number of bytes, written with a unit ("64MiB", "1.5GB") or
// without one.
type Size = quantity.Size

package atomicfile

import (
	"os"
	"syscall"
)

// rangeWrite is SYNC_FILE_RANGE_WRITE.
const rangeWrite = 2

// writeBehind begins to bring a part of a file to the disk. That it cannot is found by who waits for the disk.
func writeBehind(f *os.File, from, bytes int64) {
	_ = syscall.SyncFileRange(int(f.Fd()), from, bytes, rangeWrite)
}

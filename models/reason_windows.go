package models

import "syscall"

// systemRemedies are about what this system says in its own numbers: ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL and ERROR_WRITE_PROTECT.
var systemRemedies = []remedy{{syscall.Errno(112), remedies[0].what}, {syscall.Errno(39), remedies[0].what}, {syscall.Errno(19), remedies[2].what}}

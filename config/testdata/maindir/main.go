// Command maindir prints what config.MainDir finds, on main's goroutine and on
// one that main starts.
package main

import (
	"fmt"

	"github.com/gochimera/chimera/config"
)

func main() {
	fmt.Println(config.MainDir())
	found := make(chan string)
	go func() { found <- config.MainDir() }()
	fmt.Println(<-found)
}

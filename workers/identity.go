package workers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	variables "github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/identity"
)

// mostIdentity bounds what is read of an identity.
const mostIdentity = 64 << 10

// identify reads what the worker is known by, where the environment says that there is something: nil if there is not. rest is what
// follows on standard input. Errors name the place, and repeat nothing of what is there.
func (e environment) identify(spec Spec, stdin io.Reader) (known *identity.Worker, rest io.Reader, err error) {
	var line []byte
	switch e.identity {
	case "":
		return nil, stdin, nil
	case variables.Stdin:
		lines := bufio.NewReaderSize(stdin, mostIdentity)
		stdin = lines
		if line, err = lines.ReadSlice('\n'); err != nil {
			return nil, nil, fmt.Errorf("%s is %s, but the first line of standard input cannot be read: %w", variables.WorkersIdentity, variables.Stdin, err)
		}
	default:
		if line, err = readIdentity(e.identity); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", variables.WorkersIdentity, err)
		}
	}
	if known, err = identity.Read(line); err == nil {
		err = known.For(spec.Project, spec.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", variables.WorkersIdentity, err)
	}
	return known, stdin, nil
}

func readIdentity(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	line, err := io.ReadAll(io.LimitReader(f, mostIdentity+1))
	_ = f.Close() // it was only read
	if err == nil && len(line) > mostIdentity {
		err = errors.New("the file is too large for an identity")
	}
	return line, err
}

//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/launcher"
)

// programVariable holds the spec of a program that is killed, for this program as that.
const programVariable = "CHIMERA_CHAOS_PROGRAM"

// killed is the launcher of a program that is killed: processes behind proxies, which count calls.
const killed = "chaos-killed"

// Files that a program leaves in spec.Notes.
const (
	armedNote  = "armed"  // from now on it waits for its death
	struckNote = "struck" // it kills what is to be killed
)

// spec is a program that kills its own processes at a point of its progress. It
// is armed at the start, or by SIGUSR1.
type spec struct {
	Kind, Dir, Notes string
	Death            death
	AtStart          bool
}

// becomeProgram makes this process the program that its environment describes, if it does, and the
// worker of one, too. It returns if this is neither.
func becomeProgram() {
	becomeWorker()
	text := os.Getenv(programVariable)
	if text == "" {
		return
	}
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(fmt.Sprintf("%s: %v", programVariable, err))
	}
	d := &doomed{spec: s}
	launcher.Register(killed, launcher.Entry{
		Summary: "processes of this program, which dies at a point of its progress", Traits: launcher.Traits{Restarts: true},
		New: func(launcher.Setup) (launcher.Launcher, error) { return d, nil },
	})
	arm := make(chan os.Signal, 1)
	signal.Notify(arm, syscall.SIGUSR1)
	err := chimera.Run(newMaster(s.Kind), 0, chimera.WithProject(s.Dir), chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		select {
		case <-arm:
			d.arm()
		case <-ctx.Done():
			return nil
		}
		d.listen(ctx, up.Master)
		return nil
	}))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// doomed is the launcher of a program that kills its own processes.
type doomed struct {
	spec
	fleet *proxied
	armed sync.Once
	once  sync.Once
}

// Name implements launcher.Launcher.
func (d *doomed) Name() string { return killed }

// Launch implements launcher.Launcher.
func (d *doomed) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	fleet, err := launchProxied(ctx, again{}, p, func(fault) { d.strike() })
	if err != nil {
		return nil, err
	}
	d.fleet = fleet
	if d.AtStart {
		d.arm()
	}
	return fleet, nil
}

// arm begins to count.
func (d *doomed) arm() {
	d.armed.Do(func() {
		switch d.Death.At {
		case atCall:
			d.fleet.proxies[d.Death.Worker].set([]fault{{Kind: kill, Worker: d.Death.Worker, At: d.Death.N, Late: d.Death.Late, Calls: 1}})
		case atFile:
			seen := map[string]bool{}
			d.look(seen)
			go d.watch(seen) // it ends with the program
		default: // events are counted by listen, or nothing is
		}
		d.note(armedNote)
	})
}

// watch strikes at the n-th new file in the folders of models and checkpoints.
func (d *doomed) watch(seen map[string]bool) {
	for n := 0; n < d.Death.N; {
		n += d.look(seen)
		time.Sleep(50 * time.Microsecond) // other processes have work
	}
	d.strike()
}

// look counts the files that it has not seen, temporary ones too. One that was replaced is new.
func (d *doomed) look(seen map[string]bool) (n int) {
	for _, folder := range []string{modelsFolder, checkpointsFolder} {
		_ = filepath.WalkDir(filepath.Join(d.Dir, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.Contains(path, d.Death.Name) {
				return nil //nolint:nilerr // it is gone again
			}
			info, err := e.Info()
			if err != nil {
				return nil //nolint:nilerr // it is gone again
			}
			key := fmt.Sprint(path, info.Sys().(*syscall.Stat_t).Ino)
			if !seen[key] {
				seen[key] = true
				n++
			}
			return nil
		})
	}
	return n
}

// listen strikes at the n-th event that comes from now on.
func (d *doomed) listen(ctx context.Context, master *client.Client) {
	if d.Death.At != atEvent {
		return
	}
	n := 0
	_ = master.Events(ctx, func(e client.Event) bool { // it ends with the master
		if strings.Contains(e.Kind, d.Death.Name) {
			n++
		}
		if n < d.Death.N {
			return true
		}
		d.strike()
		return false
	})
}

// strike kills.
func (d *doomed) strike() {
	d.once.Do(func() {
		d.note(struckNote)
		if d.Death.Victim != killMaster {
			if pid := d.fleet.Endpoints()[d.Death.Worker].PID; pid != 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL) // fails only if it ended in this instant
			}
		}
		if d.Death.Victim != killWorker {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
}

func (d *doomed) note(name string) {
	if err := os.WriteFile(filepath.Join(d.Notes, name), nil, 0o600); err != nil {
		panic(err)
	}
}

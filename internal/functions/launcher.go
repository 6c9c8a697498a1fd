package functions

import (
	"os"
	"runtime"
	"sync"
)

// A command is how a process is started.
type command struct {
	path    string
	args    []string // without the path
	env     []string
	root    string // LAMBDA_TASK_ROOT, and the working folder
	runtime string // LAMBDA_RUNTIME_DIR
}

// A launcher starts processes from one thread that lives as long as they do. Linux sends the signal that a process is to get
// at its parent's death when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), and threads of Go come and go.
type launcher struct {
	once  sync.Once
	last  sync.Once
	tasks chan func()
}

func (l *launcher) begin() {
	l.once.Do(func() {
		l.tasks = make(chan func())
		go sweep()
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			for task := range l.tasks {
				task()
			}
		}()
	})
}

// start starts a process in a group of its own, with its output going into the pipes.
func (l *launcher) start(cmd *command, out *output) (*os.Process, error) {
	l.begin()
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer func() { _ = nothing.Close() }() // only read
	var child *os.Process
	done := make(chan struct{})
	l.tasks <- func() {
		defer close(done)
		child, err = os.StartProcess(cmd.path, append([]string{cmd.path}, cmd.args...), &os.ProcAttr{
			Dir: cmd.root, Env: cmd.env, Files: []*os.File{nothing, out.pipes[0].in, out.pipes[1].in}, Sys: ownGroup(),
		})
	}
	<-done
	return child, err
}

// stop ends the thread. There must be no process anymore.
func (l *launcher) stop() {
	l.begin()
	l.last.Do(func() { close(l.tasks) })
}

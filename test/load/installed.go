//go:build linux

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"text/template"
	"time"

	"gangway/test/load/client"
	"gangway/test/load/process"
)

// peersFolder is where peers.sh installs to if it is not told otherwise.
func peersFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "gangway-peers")
}

// installed are the servers that come from registries, with what each is asked to do. Nchan's echo is a channel that a client
// both publishes to and is subscribed to. The last two are there to say what others in this place cost; they are slow, and given less to do.
func installed() []contender {
	return []contender{
		{name: "nchan", does: echoes + pushes, start: startNginx},
		{name: "nginx", does: "tls tlsidle", start: startNginx},
		{name: "bun", does: echoes + pushes, start: startBun},
		{name: "pushpin", does: "handshake idle push http", start: startPushpin, slow: 10, most: 2_000},
		{name: "socket.io", does: "idle mock", start: startSocketIO, most: 1_000},
		{name: "serverless-offline", does: "mock", start: startOffline, slow: 20, most: 50, shy: true},
	}
}

// versions are those of the servers that can be compared with: libraries as this program was built, and what peers.sh has noted.
func (s *settings) versions() []string {
	var all []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if slices.Contains([]string{"github.com/gorilla/websocket", "github.com/lxzan/gws", "github.com/gobwas/ws", "github.com/coder/websocket"}, d.Path) {
				all = append(all, strings.TrimPrefix(d.Path, "github.com/")+" "+d.Version)
			}
		}
	}
	for _, kind := range []string{"deb", "npm"} {
		text, err := os.ReadFile(filepath.Join(s.peers, kind, "versions"))
		if err == nil {
			all = append(all, strings.Fields(string(text))...)
		}
	}
	return all
}

//go:embed scripts
var scripts embed.FS

// configuration is what the forms of configuration are filled with.
type configuration struct {
	Deb, Folder, Backend string
	Port, Publish, Spare int
	TLS                  bool
	Certificate, Key     string
}

// write fills a form and writes it to the server's folder.
func (c *configuration) write(form, name string) (path string, err error) {
	t, err := template.ParseFS(scripts, "scripts/"+form)
	if err != nil {
		return "", err
	}
	path = filepath.Join(c.Folder, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	return path, errors.Join(t.Execute(file, c), file.Close())
}

// configure makes a folder for a server that has to be told its ports.
func (b *bench) configure(ctx context.Context) (*configuration, error) {
	folder, err := os.MkdirTemp(b.folder, "peer-")
	if err != nil {
		return nil, err
	}
	c := &configuration{Deb: filepath.Join(b.set.peers, "deb"), Folder: folder, Backend: b.backend.First, Certificate: b.certificate.chain, Key: b.certificate.key}
	for _, port := range []*int{&c.Port, &c.Publish, &c.Spare} {
		if *port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// freePort is a port that nobody has now; who needs one told has nothing better.
func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port, _ := listener.Addr().(*net.TCPAddr)
	return port.Port, listener.Close()
}

// program is a program of peers.sh's, or of the machine.
func (b *bench) program(inside, name string) (string, error) {
	for _, path := range []string{filepath.Join(b.set.peers, inside, name), name} {
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", errAbsent
}

// launch starts a server that says nothing, and waits until it takes connections.
func (b *bench) launch(ctx context.Context, c *configuration, command process.Command, ports ...int) (*server, error) {
	command.Quiet, command.Log = true, b.log()
	command.Env = append(command.Env, "LD_LIBRARY_PATH="+filepath.Join(c.Deb, "usr/lib/x86_64-linux-gnu"))
	group, err := b.guard.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	for _, port := range ports {
		if err := answering(ctx, group, fmt.Sprint("127.0.0.1:", port)); err != nil {
			group.Stop()
			return nil, fmt.Errorf("%s is not ready: %w", filepath.Base(command.Path), err)
		}
	}
	return &server{Group: group, address: fmt.Sprint("127.0.0.1:", c.Port), folder: c.Folder}, nil
}

// answering waits until a server answers a request, whatever it says, as long as it lives.
func answering(ctx context.Context, group *process.Group, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := answers(ctx, address)
		if err == nil {
			return nil
		}
		if _, err := group.CPU(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}

// answers asks once, without much patience: Pushpin forgets requests that come too early.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/ready", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func startNginx(ctx context.Context, b *bench, m *measurement) (*server, error) {
	path, err := b.program("deb/usr/sbin", "nginx")
	if err != nil {
		return nil, err
	}
	c, err := b.configure(ctx)
	if err != nil {
		return nil, err
	}
	c.TLS = m.tls
	file, err := c.write("nginx.conf", "nginx.conf")
	if err := errors.Join(err, os.Mkdir(filepath.Join(c.Folder, "temporaryfiles"), 0o700)); err != nil { // see peers.sh
		return nil, err
	}
	s, err := b.launch(ctx, c, process.Command{Path: path, Args: []string{"-p", c.Folder, "-c", file, "-e", "stderr"}}, c.Port)
	if err != nil {
		return nil, err
	}
	s.path = "/own/{n}"
	switch m.family() {
	case "mock", "active":
		s.path = "/echo/{n}"
	case "broadcast":
		s.path = "/own/all"
	}
	s.push = client.Order{Address: s.address, Path: "/publish/{n}"}
	s.broadcast = client.Order{Address: s.address, Path: "/publish/all"}
	return s, nil
}

func startPushpin(ctx context.Context, b *bench, _ *measurement) (*server, error) {
	path, err := b.program("deb/usr/bin", "pushpin")
	if err != nil {
		return nil, err
	}
	c, err := b.configure(ctx)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"run", "log"} {
		if err := os.Mkdir(filepath.Join(c.Folder, folder), 0o700); err != nil {
			return nil, err
		}
	}
	internal, err := os.ReadFile(filepath.Join(c.Deb, "usr/lib/pushpin/internal.conf"))
	if err != nil {
		return nil, errAbsent
	}
	// As installed it talks to a zurl that the machine runs; here it has one of its own.
	text := strings.ReplaceAll(string(internal), "ipc:///var/run/zurl/", "ipc://{rundir}/{ipc_prefix}")
	err = errors.Join(
		os.WriteFile(filepath.Join(c.Folder, "internal.conf"), []byte(text), 0o600),
		os.WriteFile(filepath.Join(c.Folder, "routes"), []byte("* "+c.Backend+",over_http\n"), 0o600))
	file, err2 := c.write("pushpin.conf", "pushpin.conf")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	s, err := b.launch(ctx, c, process.Command{
		Path: path, Args: []string{"--config", file},
		Env: []string{"PATH=" + filepath.Join(c.Deb, "usr/bin") + ":" + os.Getenv("PATH")},
	}, c.Port, c.Publish)
	if err != nil {
		return nil, err
	}
	s.path = "/{n}"
	publish := fmt.Sprint("127.0.0.1:", c.Publish)
	s.push = client.Order{Address: publish, Path: "/publish/", Body: `{"items":[{"channel":"{n}","formats":{"ws-message":{"content":"{data}"}}}]}`}
	return s, nil
}

// script runs a server in JavaScript, which says first where it is.
func (b *bench) script(ctx context.Context, program, name string, args ...string) (*server, error) {
	text, err := scripts.ReadFile("scripts/" + name)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(b.folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	group, err := b.guard.Start(ctx, process.Command{Path: program, Args: append([]string{path}, args...), Log: b.log()})
	if err != nil {
		return nil, err
	}
	group.Drain()
	return &server{Group: group, address: group.First, path: "/{n}"}, nil
}

func startBun(ctx context.Context, b *bench, _ *measurement) (*server, error) {
	path, err := b.program("npm/node_modules/.bin", "bun")
	if err != nil {
		return nil, err
	}
	s, err := b.script(ctx, path, "bun.js")
	if err != nil {
		return nil, err
	}
	s.push = client.Order{Address: s.address, Path: "/{n}"}
	s.broadcast = client.Order{Address: s.address, Path: "/all"}
	return s, nil
}

func startSocketIO(ctx context.Context, b *bench, _ *measurement) (*server, error) {
	path, err := exec.LookPath("node")
	modules := filepath.Join(b.set.peers, "npm")
	if _, err2 := os.Stat(filepath.Join(modules, "node_modules", "socket.io")); errors.Join(err, err2) != nil {
		return nil, errAbsent
	}
	s, err := b.script(ctx, path, "socketio.cjs", modules)
	if err != nil {
		return nil, err
	}
	s.path = "/socket.io/?EIO=4&transport=websocket"
	s.greeting = "0{"
	s.hello = &client.Order{Do: "talk", Text: "40", Expect: "40"} // it wants to be told that a client is one
	s.text, s.expect = `42["mock","`+strings.Repeat("m", 64)+`"]`, "42"
	return s, nil
}

func startOffline(ctx context.Context, b *bench, _ *measurement) (*server, error) {
	path, err := exec.LookPath("node")
	modules := filepath.Join(b.set.peers, "npm", "node_modules")
	framework := filepath.Join(modules, "serverless", "bin", "serverless.js")
	if _, err2 := os.Stat(framework); errors.Join(err, err2) != nil {
		return nil, errAbsent
	}
	c, err := b.configure(ctx)
	if err != nil {
		return nil, err
	}
	_, err = c.write("serverless.yml", "serverless.yml")
	_, err2 := c.write("handler.cjs", "handler.cjs")
	if err := errors.Join(err, err2, os.Symlink(modules, filepath.Join(c.Folder, "node_modules"))); err != nil {
		return nil, err
	}
	s, err := b.launch(ctx, c, process.Command{
		Path: path, Args: []string{framework, "offline", "start"}, Dir: c.Folder,
		Env: []string{"SLS_TRACKING_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off", "HOME=" + c.Folder},
	}, c.Port)
	if err != nil {
		return nil, err
	}
	s.path = "/"
	return s, nil
}

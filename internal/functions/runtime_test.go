package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// behaviourVariable makes a function of this test binary: it names what the function does.
const behaviourVariable = "GANGWAY_TEST_BEHAVIOUR"

func TestMain(m *testing.M) {
	name, is := os.LookupEnv(behaviourVariable)
	if !is {
		os.Exit(m.Run())
	}
	behaviours[name](&client{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"})
}

// client is a custom runtime, as strict as a test wants it.
type client struct {
	base string
	id   string
}

func (c *client) post(path, body string) (status int, answer string) {
	response, err := http.Post(c.base+path, "application/json", strings.NewReader(body))
	if err != nil {
		os.Exit(3)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

func (c *client) next() (*http.Response, []byte) {
	response, err := http.Get(c.base + "invocation/next")
	if err != nil {
		os.Exit(3)
	}
	defer func() { _ = response.Body.Close() }()
	event, _ := io.ReadAll(response.Body)
	c.id = response.Header.Get("Lambda-Runtime-Aws-Request-Id")
	return response, event
}

func (c *client) answer(body string) (status int, text string) {
	return c.post("invocation/"+c.id+"/response", body)
}

// each answers every event with what a function makes of it.
func (c *client) each(handle func(event string) string) {
	for {
		_, event := c.next()
		c.answer(handle(string(event)))
	}
}

var behaviours = map[string]func(*client){
	"echo": func(c *client) {
		c.each(func(event string) string { return fmt.Sprintf(`{"pid":%d,"event":%s}`, os.Getpid(), event) })
	},
	"headers": func(c *client) {
		for {
			response, _ := c.next()
			said, _ := json.Marshal(response.Header)
			c.answer(string(said))
		}
	},
	"environment": func(c *client) {
		c.each(func(string) string {
			said, _ := json.Marshal(os.Environ())
			return string(said)
		})
	},
	"text":  func(c *client) { c.each(func(string) string { return "not JSON at all" }) },
	"large": func(c *client) { c.each(func(string) string { return `"` + strings.Repeat("x", 6<<20+200) + `"` }) },
	"error": func(c *client) {
		for {
			c.next()
			c.post("invocation/"+c.id+"/error", `{"errorType":"Mine","errorMessage":"on purpose"}`)
		}
	},
	"crash": func(c *client) { c.next(); os.Exit(7) },
	"quit":  func(c *client) { c.next() },
	"stillborn": func(*client) {
		fmt.Fprintln(os.Stderr, "no way")
		os.Exit(9)
	},
	"hang":      func(c *client) { c.next(); select {} },
	"sloth":     func(*client) { select {} },
	"satisfied": func(c *client) { c.next(); c.answer(`"done"`); select {} },
	"marked": func(c *client) { // writes that it has begun, and answers when a file is there
		c.each(func(event string) string {
			write("begun", event)
			for _, err := os.Stat("go"); err != nil; _, err = os.Stat("go") {
				<-time.After(5 * time.Millisecond)
			}
			return event
		})
	},
	"fork":   func(c *client) { family(c, os.Args[0]) },
	"detach": func(c *client) { family(c, "setsid", os.Args[0]) },
	"cut": func(c *client) { // breaks its second request for work off, and asks no more
		c.next()
		c.answer(`"done"`)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"invocation/next", http.NoBody)
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
		write("cut")
		select {}
	},
	"talk": func(c *client) {
		write("at init")
		c.each(func(event string) string {
			_, _ = os.Stdout.WriteString("out " + event + "\nunfinished " + event)
			fmt.Fprint(os.Stderr, "err ", event, "\n")
			return event
		})
	},
	"shout": func(c *client) {
		c.each(func(string) string {
			write(strings.Repeat("a", 200_000) + "z")
			return `"ok"`
		})
	},
	"plain":   plain,
	"twofold": twofold,
	"misuse":  misuse,
	"diary": func(c *client) { // keeps a file beside its code, and now and then one that it takes away
		c.each(func(event string) string {
			for _, name := range []string{"diary.json", "draft.tmp"} { // with the time that it is, not the one of the system's slow clock
				hidden, now := ".being-written/"+name, time.Now()
				if errors.Join(os.MkdirAll(".being-written", 0o700), os.WriteFile(hidden, []byte(now.String()), 0o600), os.Chtimes(hidden, now, now),
					os.Rename(hidden, name)) != nil {
					os.Exit(6)
				}
			}
			if event > "1" {
				_ = os.Remove("draft.tmp")
			}
			return fmt.Sprintf(`{"pid":%d,"event":%s}`, os.Getpid(), event)
		})
	},
	"babble": func(c *client) {
		c.each(func(event string) string {
			_, _ = os.Stdout.WriteString(strings.Repeat("blah\n", 30_000) + "the end of it\n")
			return event
		})
	},
	"hello":  func(*client) { write("hello") },
	"parent": parent,
	"bare": func(*client) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		}))
		write(server.URL)
		select {}
	},
	"broken": func(c *client) {
		c.post("init/error", `{"errorType":"Runtime.Broken","errorMessage":"never works"}`)
		select {}
	},
}

// write writes to stdout, which is all there is to write to.
func write(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// family starts a process and answers with its own id and that one's.
func family(c *client, name string, args ...string) {
	child := exec.CommandContext(context.Background(), name, args...)
	child.Env = append(os.Environ(), behaviourVariable+"=sloth")
	if err := child.Start(); err != nil {
		os.Exit(4)
	}
	c.each(func(string) string { return fmt.Sprintf(`[%d,%d]`, os.Getpid(), child.Process.Pid) })
}

// parent is a host with a function, until it is killed.
func parent(*client) {
	host := functions.New(functions.Config{})
	f := functions.Function{Name: "echo", Dir: os.Getenv("FOLDER"), Environment: map[string]string{behaviourVariable: os.Getenv("CHILD")}}
	if err := host.Set([]functions.Function{f}); err != nil {
		os.Exit(5)
	}
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/2015-03-31/functions/echo/invocations", strings.NewReader("1"))
	request.RemoteAddr = "127.0.0.1:9"
	host.ServeHTTP(answer, request)
	write(answer.Body.String())
	select {}
}

// plain is a runtime of a few lines, that has a connection for each request and reads until that ends.
func plain(c *client) {
	for {
		head, event := c.raw("GET " + c.path("invocation/next") + " HTTP/1.0\r\n\r\n")
		id := regexp.MustCompile(`(?i)aws-request-id: (\S+)`).FindStringSubmatch(head)[1]
		head, said := c.raw("POST " + c.path("invocation/"+id+"/response") + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
			"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(event), event))
		write(strings.Join(strings.Fields(head+" "+said), " "))
	}
}

func (c *client) path(of string) string { return "/2018-06-01/runtime/" + of }

// raw sends a request and reads until the connection ends.
func (c *client) raw(request string) (head, body string) {
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		os.Exit(3)
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte(strings.Replace(request, " HTTP/1.0\r\n", " HTTP/1.0\r\nHost: "+address+"\r\n", 1)))
	text, _ := io.ReadAll(conn)
	answer := strings.TrimPrefix(string(text), "HTTP/1.1 100 Continue\r\n\r\n")
	head, body, _ = strings.Cut(answer, "\r\n\r\n")
	return head, body
}

// misuse does what the Runtime API does not allow, and answers with what it was told.
func misuse(c *client) {
	var told []string
	tell := func(what string, status int, body string) {
		var said struct{ ErrorType string }
		_ = json.Unmarshal([]byte(body), &said) // then there is none
		told = append(told, fmt.Sprintf("%s %d %s", what, status, said.ErrorType))
	}
	do := func(what, path string) {
		status, body := c.post(path, "{}")
		tell(what, status, body)
	}
	do("response before next", "invocation/x/response")
	for range 2 {
		c.next()
		if told == nil { // the second time
			break
		}
		do("wrong id", "invocation/nobody/response")
		do("init error", "init/error")
		do("no such path", "invocation")
		response, event := c.next2()
		tell("next while running", response.StatusCode, string(event))
		status, body := c.answer(`"first"`)
		tell("response", status, body)
		status, body = c.answer(`"second"`)
		tell("response again", status, body)
		request, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, c.base+"invocation/next", http.NoBody)
		request.Header.Set("Origin", "http://example.com")
		if page, err := http.DefaultClient.Do(request); err == nil {
			tell("web page", page.StatusCode, "{}")
			_ = page.Body.Close()
		}
		told = append(told, hosts(c)...)
		c.next()
		said, _ := json.Marshal(told)
		c.answer(string(said))
	}
	select {}
}

// hosts asks for what there is not by several names, and says how they are answered.
func hosts(c *client) (told []string) {
	_, port, _ := strings.Cut(os.Getenv("AWS_LAMBDA_RUNTIME_API"), ":")
	for _, host := range []string{
		"localhost:" + port, "127.0.0.1", "127.1.2.3:" + port, "[::1]:" + port,
		"rebound.example:" + port, "localhost:1", "10.0.0.1:" + port, "localhost.example",
	} {
		request, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, c.base+"nothing", http.NoBody)
		request.Host = host
		if response, err := http.DefaultClient.Do(request); err == nil {
			told = append(told, strings.ReplaceAll(host, port, "port")+" "+response.Status[:3])
			_ = response.Body.Close()
		}
	}
	return told
}

// next2 is next without forgetting what is under way.
func (c *client) next2() (*http.Response, []byte) {
	id := c.id
	response, event := c.next()
	c.id = id
	return response, bytes.TrimSpace(event)
}

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"gangway/internal/gateway"
	"gangway/internal/node"
	"gangway/internal/websocket"
)

// dataSettings is the setting of the commands that make a data folder.
type dataSettings struct {
	Data string `group:"node" placeholder:"DIR" env:"GANGWAY_DATA" help:"Folder of definitions and credentials, made if it is not there. Default: gangway in $XDG_DATA_HOME, or in ~/.local/share."`
}

// folderSettings is the setting of the commands that look for a node's data folder. The flag is told from the variable: it
// alone wins over the variables of the AWS tools.
type folderSettings struct {
	Data string `placeholder:"DIR" help:"Data folder of the node. Default: $GANGWAY_DATA, or gangway in $XDG_DATA_HOME, or in ~/.local/share."`
}

// settings is the table of all settings of a node. Each limit's default is Amazon API Gateway's where it has one.
type settings struct {
	dataSettings

	Listen    string `group:"node" placeholder:"ADDRESS" env:"GANGWAY_LISTEN" default:"127.0.0.1:8080" help:"Address for WebSocket clients and for backends that call @connections."`
	Admin     string `group:"node" placeholder:"ADDRESS" env:"GANGWAY_ADMIN" default:"127.0.0.1:8081" help:"Address of the control plane, /healthz and /readyz."`
	Plaintext bool   `group:"node" name:"insecure-plaintext" env:"GANGWAY_INSECURE_PLAINTEXT" help:"Let --admin be another address than a loopback one, though it has no TLS: whoever sees the network sees what is sent."`
	Engine    string `group:"node" placeholder:"NAME" env:"GANGWAY_ENGINE" default:"loop" enum:"loop,portable" help:"How connections of clients are carried: loop, by event loops where the system has them (Linux), or portable, by a goroutine for each."`
	Memory    int64  `group:"node" name:"memory-limit" placeholder:"BYTES" env:"GANGWAY_MEMORY_LIMIT" help:"How much memory the process may have, 90 % of it for what it keeps itself, unless GOMEMLIMIT says that. Default: what its cgroup says; without, there is no limit."`
	KeyFile   string `group:"node" placeholder:"FILE" env:"GANGWAY_KEY_FILE" help:"File with the key that seals the secrets in the definitions, 32 bytes in base64; made if it is not there. Default: secret.key in the data folder."`
	Shutdown  limit  `group:"node" name:"shutdown-timeout" placeholder:"TIME" env:"GANGWAY_SHUTDOWN_TIMEOUT" default:"25s" help:"How long connections and calls to backends may take to end when the node stops."`
	LogLevel  string `group:"node" placeholder:"LEVEL" env:"GANGWAY_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"The least important kind of line to log: debug, info, warn or error."`
	LogFormat string `group:"node" placeholder:"FORMAT" env:"GANGWAY_LOG_FORMAT" default:"text" enum:"text,json" help:"How a line of the log is written: text or json."`

	PublicURL string   `group:"names" name:"public-url" placeholder:"URL" env:"GANGWAY_PUBLIC_URL" help:"How clients reach --listen: ws or wss, and a host. Default: ws://localhost and the port."`
	Hosts     []string `group:"names" placeholder:"HOST" env:"GANGWAY_HOSTS" help:"More hosts, each with its port, by which clients and backends reach --listen. A request by any other host is served, but its host is not believed: events name the public URL, and @connections refuses it."`
	Proxies   []string `group:"names" name:"trusted-proxies" placeholder:"CIDR" env:"GANGWAY_TRUSTED_PROXIES" help:"Networks of proxies that are believed about where a client is and whether it came by TLS (X-Forwarded-For, X-Forwarded-Proto)."`
	Domain    string   `group:"names" placeholder:"NAME" env:"GANGWAY_DOMAIN" help:"Parent domain of the APIs' host names, {api}.execute-api.{region}.NAME. Default: APIs have paths and not names, /{api}/{stage}."`
	Region    string   `group:"names" placeholder:"NAME" env:"GANGWAY_REGION" default:"us-east-1" help:"Region in ARNs, in names and in signatures."`
	Account   string   `group:"names" name:"account-id" placeholder:"DIGITS" env:"GANGWAY_ACCOUNT_ID" default:"000000000000" help:"Account id in ARNs: twelve digits."`

	tlsSettings
	backendSettings
	farewellSettings

	Functions bool `group:"backends" env:"GANGWAY_FUNCTIONS" help:"Take functions by Lambda's control API on --admin (CreateFunction, as Terraform and the AWS CLI call it), and run them as processes of this machine; integrations call these unless there is a --lambda-endpoint. Who may create functions can do on this machine what the gateway can."`

	stageLogSettings
	traceSettings

	Idle          limit `group:"limits" name:"idle-timeout" placeholder:"TIME" env:"GANGWAY_IDLE_TIMEOUT" default:"10m" help:"A connection without a message in either direction for this long is closed with 1001."`
	Lifetime      limit `group:"limits" name:"connection-duration" placeholder:"TIME" env:"GANGWAY_CONNECTION_DURATION" default:"2h" help:"A connection this old is closed with 1001."`
	MaxMessage    int64 `group:"limits" placeholder:"BYTES" env:"GANGWAY_MAX_MESSAGE" default:"131072" help:"A client that sends a longer message is closed with 1009."`
	MaxFrame      int64 `group:"limits" placeholder:"BYTES" env:"GANGWAY_MAX_FRAME" default:"32768" help:"A client that sends a longer frame is closed with 1009."`
	MessageTime   limit `group:"limits" name:"message-timeout" placeholder:"TIME" env:"GANGWAY_MESSAGE_TIMEOUT" default:"30s" help:"A client that takes longer from the first to the last frame of a message is closed with 1008."`
	Ping          limit `group:"limits" name:"ping-interval" placeholder:"TIME" env:"GANGWAY_PING_INTERVAL" default:"60s" help:"A client that was silent for this long is sent a ping."`
	Pong          limit `group:"limits" name:"pong-timeout" placeholder:"TIME" env:"GANGWAY_PONG_TIMEOUT" default:"30s" help:"A client that does not answer a ping for this long is dropped."`
	QueueBytes    int   `group:"limits" placeholder:"BYTES" env:"GANGWAY_QUEUE_BYTES" default:"1048576" help:"What may wait to be sent to a client; a push beyond it is answered with 429."`
	QueueMessages int   `group:"limits" placeholder:"COUNT" env:"GANGWAY_QUEUE_MESSAGES" default:"1000" help:"How many messages may wait to be sent to a client; a push beyond it is answered with 429."`
	Stall         limit `group:"limits" name:"stall-timeout" placeholder:"TIME" env:"GANGWAY_STALL_TIMEOUT" default:"10s" help:"A client that takes nothing of what waits for it for this long is dropped."`
	MaxTimeout    limit `group:"limits" name:"integration-timeout" placeholder:"TIME" env:"GANGWAY_INTEGRATION_TIMEOUT" default:"29s" help:"How long an integration may be given by its timeoutInMillis, up to 15m."`
	Binary        bool  `group:"limits" name:"allow-binary" env:"GANGWAY_ALLOW_BINARY" help:"Accept binary messages, which are otherwise closed with 1003."`
	PingsCount    bool  `group:"limits" name:"pings-are-activity" env:"GANGWAY_PINGS_ARE_ACTIVITY" help:"Let a client's own pings keep its connection from being idle."`

	rateSettings

	Quotas map[string]int `group:"limits" mapsep:"," placeholder:"NAME=COUNT,..." env:"GANGWAY_QUOTAS" help:"How many objects of a kind there may be. Default: ${quotas}."`
}

// backendSettings say where backends are that have a name in AWS and no address.
type backendSettings struct {
	Lambda   string            `group:"backends" name:"lambda-endpoint" placeholder:"URL" env:"GANGWAY_LAMBDA_ENDPOINT" help:"URL of a Lambda Invoke API to call in place of AWS Lambda."`
	Services map[string]string `group:"backends" name:"service-endpoint" mapsep:"," placeholder:"NAME=URL,..." env:"GANGWAY_SERVICE_ENDPOINT" help:"URLs to call in place of AWS services that integrations of type AWS name, such as dynamodb=http://localhost:8000. The name is the one in the integration's URI, without a subdomain: states for Step Functions. They never see keys that were not set in the environment."`
}

// groups are the headings of the table, in order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "node", Title: "Node"},
		{Key: "names", Title: "Names"},
		{Key: "tls", Title: "TLS"},
		{Key: "backends", Title: "Backends"},
		{Key: "logs", Title: "Logs and traces"},
		{Key: "limits", Title: "Limits", Description: "0 means none."},
	}
}

// usualQuotas are API Gateway's, as --quotas has them.
func usualQuotas() string {
	usual := gateway.DefaultQuotas()
	quotas := make([]string, 0, len(usual))
	for _, name := range keysOf(usual) {
		quotas = append(quotas, fmt.Sprintf("%s=%d", name, usual[name]))
	}
	return strings.Join(quotas, ",")
}

// limit is a time; none if it is 0.
type limit = time.Duration

// dir is the data folder, as an absolute path: what is printed of it is good in any terminal.
func (d *dataSettings) dir(s *Streams) (string, error) { return dataFolder(s, d.Data) }

func (f *folderSettings) dir(s *Streams) (string, error) {
	return dataFolder(s, cmp.Or(f.Data, s.env("GANGWAY_DATA")))
}

// dataFolder is the folder that was chosen, or else the usual one.
func dataFolder(s *Streams, chosen string) (string, error) {
	if chosen != "" {
		return filepath.Abs(chosen)
	}
	if base := s.env("XDG_DATA_HOME"); filepath.IsAbs(base) { // the XDG specification ignores relative ones
		return filepath.Join(base, "gangway"), nil
	}
	if home := s.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "gangway"), nil
	}
	return "", usagef("there is no home folder to keep data in; choose a folder with --data")
}

// config is the table as a node wants it.
func (t *settings) config(s *Streams) (node.Config, error) {
	dir, err := t.dir(s)
	if err == nil {
		err = t.check()
	}
	proxies, _ := prefixes(t.Proxies) // checked
	var emf io.Writer
	if t.EMF {
		emf = s.Stdout
	}
	return node.Config{
		EMF: emf, TrustedProxies: proxies, TLS: t.tlsSettings.config(dir), StageLogs: t.stageLogSettings.config(s, dir), Traces: t.traceSettings.config(), Version: version(),
		AccountRate: orNone(t.AccountRate), AccountBurst: orNone(t.AccountBurst), ConnectRate: orNone(t.ConnectRate),
		DataDir: dir, Listen: t.Listen, Admin: t.Admin,
		PublicURL: t.PublicURL, Hosts: t.Hosts, Domain: t.Domain, Region: t.Region, Account: t.Account,
		LambdaEndpoint: t.Lambda, ServiceEndpoints: t.Services, KeyFile: t.KeyFile, Quotas: t.Quotas, Limits: t.limits(), ShutdownTimeout: t.Shutdown, MaxTimeout: t.MaxTimeout, Log: t.log(s),
		Farewells: t.farewellSettings.config(), Portable: t.Engine == "portable", MemoryLimit: t.Memory, HostFunctions: t.Functions,
	}, err
}

// limits are those of connections. In the table 0 means none, which is negative there.
func (t *settings) limits() websocket.Options {
	return websocket.Options{
		MaxFrame: orNone(t.MaxFrame), MaxMessage: orNone(t.MaxMessage), MessageTime: orNone(t.MessageTime),
		Idle: orNone(t.Idle), Lifetime: orNone(t.Lifetime), Ping: orNone(t.Ping), PongWait: orNone(t.Pong),
		QueueBytes: orNone(t.QueueBytes), QueueMessages: orNone(t.QueueMessages), Stall: orNone(t.Stall),
		Binary: t.Binary, PingsCount: t.PingsCount, Compression: websocket.Compression{Enabled: t.Compression},
	}
}

func orNone[T ~int | ~int64 | ~float64](v T) T { return cmp.Or(v, -1) }

func (t *settings) log(s *Streams) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(t.LogLevel)) // kong lets only the four through
	options := &slog.HandlerOptions{Level: level}
	if t.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(s.Stderr, options))
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	domainName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]+)?$`)
)

// check says everything that is wrong.
func (t *settings) check() error {
	var wrong []error
	refuse := func(refused bool, format string, args ...any) {
		if refused {
			wrong = append(wrong, usagef(format, args...))
		}
	}
	refuse(!accountID.MatchString(t.Account), "--account-id: expected twelve digits, got %q", t.Account)
	refuse(!regionName.MatchString(t.Region), "--region: expected a name such as us-east-1, got %q", t.Region)
	refuse(t.Domain != "" && !domainName.MatchString(t.Domain), "--domain: expected a name such as example.com, got %q", t.Domain)
	_, err := prefixes(t.Proxies)
	refuse(err != nil, "--trusted-proxies: expected networks such as 10.0.0.0/8, got %q", t.Proxies)
	refuse(t.PublicURL != "" && !isURL(t.PublicURL, "ws", "wss"), "--public-url: expected ws:// or wss:// and a host, got %q", t.PublicURL)
	wrong = append(wrong, t.backendSettings.check(), t.tlsSettings.check(), t.stageLogSettings.check(), t.traceSettings.check(), t.rateSettings.check(), t.farewellSettings.check())
	for flag, address := range map[string]string{"--listen": t.Listen, "--admin": t.Admin} {
		_, _, err := net.SplitHostPort(address)
		refuse(err != nil, "%s: expected an address such as 127.0.0.1:8080, got %q", flag, address)
	}
	refuse(!t.Plaintext && !gateway.IsLoopback(t.Admin),
		"--admin: %s is no loopback address and has no TLS: use a loopback one, or say --insecure-plaintext", t.Admin)
	refuse(t.Listen == t.Admin && !strings.HasSuffix(t.Listen, ":0"), "--listen and --admin: expected two addresses, got %s twice", t.Listen)
	quotas := gateway.Quotas(t.Quotas).Check()
	refuse(quotas != nil, "--%w", quotas)
	refuse(t.MaxTimeout < 50*time.Millisecond || t.MaxTimeout > gateway.LongestTimeout*time.Millisecond,
		"--integration-timeout: expected a time from 50ms to 15m, got %s", t.MaxTimeout)
	refuse(t.Shutdown == 0, "--shutdown-timeout: expected a time such as 25s, got 0")
	const least = 64 << 20
	refuse(t.Memory > 0 && t.Memory < least, "--memory-limit: expected at least %d bytes, got %d", least, t.Memory)
	for flag, v := range t.numbers() {
		refuse(v < 0, "--%s: expected 0 or more", flag)
	}
	return errors.Join(wrong...)
}

// prefixes reads networks.
func prefixes(texts []string) ([]netip.Prefix, error) {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		var err error
		if all[i], err = netip.ParsePrefix(text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b *backendSettings) check() error {
	var wrong []error
	if b.Lambda != "" && !isURL(b.Lambda, "http", "https") {
		wrong = append(wrong, usagef("--lambda-endpoint: expected http:// or https:// and a host, got %q", b.Lambda))
	}
	for _, name := range keysOf(b.Services) {
		if endpoint := b.Services[name]; name == "" || !isURL(endpoint, "http", "https") {
			wrong = append(wrong, usagef("--service-endpoint: expected a service and http:// or https:// and a host, "+
				"such as dynamodb=http://localhost:8000, got %s=%q", name, endpoint))
			continue
		}
		if err := checkService(name); err != nil {
			wrong = append(wrong, usagef("--service-endpoint: %w", err))
		}
	}
	return errors.Join(wrong...)
}

func (t *settings) numbers() map[string]int64 {
	return map[string]int64{
		"shutdown-timeout": int64(t.Shutdown), "idle-timeout": int64(t.Idle), "connection-duration": int64(t.Lifetime),
		"max-message": t.MaxMessage, "max-frame": t.MaxFrame, "message-timeout": int64(t.MessageTime),
		"ping-interval": int64(t.Ping), "pong-timeout": int64(t.Pong), "queue-bytes": int64(t.QueueBytes),
		"queue-messages": int64(t.QueueMessages), "stall-timeout": int64(t.Stall), "memory-limit": t.Memory,
	}
}

// isURL says whether a text is a URL of one of two schemes with a host and no path.
func isURL(text, scheme, secure string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == scheme || u.Scheme == secure) && u.Host != "" && u.User == nil &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == ""
}

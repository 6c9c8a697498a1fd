package cli

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"gangway/internal/certificates"
	"gangway/internal/journal"
	"gangway/internal/metrics"
	"gangway/internal/node"
)

// tlsSettings say which certificates the data listener shows.
type tlsSettings struct {
	TLS          bool   `group:"tls" negatable:"" default:"true" env:"GANGWAY_TLS" help:"Take TLS beside plain text on --listen, with certificates for localhost, custom domain names and the other names of the gateway, of an authority in the data folder, tls/ca.pem, for machines that trust it."`
	Certificates string `group:"tls" placeholder:"DIR" env:"GANGWAY_CERTIFICATES" help:"Folder of certificates: NAME.pem with chain and key, or NAME.crt and NAME.key, read again when they change. The certificateArn of a custom domain names one by what follows its last slash."`
	ACME         bool   `group:"tls" name:"acme" env:"GANGWAY_ACME" help:"Have certificates for custom domain names made by an ACME authority, to whose terms you agree. It must reach --listen at port 443 of those names."`
	Directory    string `group:"tls" name:"acme-directory" placeholder:"URL" env:"GANGWAY_ACME_DIRECTORY" help:"The ACME authority. Default: Let's Encrypt."`
	Email        string `group:"tls" name:"acme-email" placeholder:"ADDRESS" env:"GANGWAY_ACME_EMAIL" help:"Whom the ACME authority may write to."`
}

// stageLogSettings say where stages write their logs.
type stageLogSettings struct {
	To       string `group:"logs" name:"stage-logs" placeholder:"PLACE" env:"GANGWAY_STAGE_LOGS" default:"files" enum:"files,stdout,cloudwatch,none" help:"Where stages write access and execution logs, those that have any: files, stdout, cloudwatch (CloudWatch Logs and Firehose of AWS, with the gateway's credentials) or none."`
	Dir      string `group:"logs" name:"stage-log-dir" placeholder:"DIR" env:"GANGWAY_STAGE_LOG_DIR" help:"Folder of the files. Default: logs in the data folder."`
	Size     int64  `group:"logs" name:"stage-log-size" placeholder:"BYTES" env:"GANGWAY_STAGE_LOG_SIZE" default:"67108864" help:"How large a file gets before there is a new one; five older ones are kept."`
	Logs     string `group:"logs" name:"logs-endpoint" placeholder:"URL" env:"GANGWAY_LOGS_ENDPOINT" help:"URL to call in place of CloudWatch Logs."`
	Firehose string `group:"logs" name:"firehose-endpoint" placeholder:"URL" env:"GANGWAY_FIREHOSE_ENDPOINT" help:"URL to call in place of Firehose."`
}

// traceSettings say where spans go.
type traceSettings struct {
	Collector string  `group:"logs" name:"otlp-endpoint" placeholder:"URL" env:"GANGWAY_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" help:"OpenTelemetry collector that takes spans of connects, messages, calls of backends and pushes, by OTLP over HTTP in JSON."`
	Header    string  `group:"logs" name:"otlp-headers" placeholder:"NAME=VALUE,..." env:"GANGWAY_OTLP_HEADERS,OTEL_EXPORTER_OTLP_HEADERS" help:"Header fields for the collector."`
	EMF       bool    `group:"logs" name:"emf" env:"GANGWAY_EMF" help:"Print a line of metrics of each stage a minute to standard output, in CloudWatch's embedded metric format."`
	Ratio     float64 `group:"logs" name:"trace-ratio" placeholder:"NUMBER" env:"GANGWAY_TRACE_RATIO" default:"1" help:"How many of the traces that begin here are recorded, from 0 to 1."`
}

func (t *traceSettings) config() metrics.TracerConfig {
	header, _ := metrics.ParseHeaders(t.Header) // checked
	return metrics.TracerConfig{Endpoint: t.Collector, Header: header, Ratio: t.Ratio}
}

func (t *traceSettings) check() error {
	var wrong []error
	if u, err := url.Parse(t.Collector); t.Collector != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		wrong = append(wrong, usagef("--otlp-endpoint: expected http:// or https:// and a host, got %q", t.Collector))
	}
	if _, err := metrics.ParseHeaders(t.Header); err != nil {
		wrong = append(wrong, usagef("--otlp-headers: %v", err))
	}
	if t.Ratio < 0 || t.Ratio > 1 {
		wrong = append(wrong, usagef("--trace-ratio: expected 0 to 1, got %v", t.Ratio))
	}
	return errors.Join(wrong...)
}

// rateSettings say how much there may be. 0 is no limit.
type rateSettings struct {
	AccountRate  float64 `group:"limits" placeholder:"NUMBER" env:"GANGWAY_ACCOUNT_RATE" default:"10000" help:"Handshakes, messages and calls of @connections a second, of all stages together; more are told Too Many Requests."`
	AccountBurst int     `group:"limits" placeholder:"COUNT" env:"GANGWAY_ACCOUNT_BURST" default:"5000" help:"How many of them may come at once."`
	ConnectRate  float64 `group:"limits" placeholder:"NUMBER" env:"GANGWAY_CONNECT_RATE" default:"500" help:"Handshakes a second, of all stages together; more are answered with 429."`
	Compression  bool    `group:"limits" name:"allow-compression" env:"GANGWAY_ALLOW_COMPRESSION" help:"Agree to permessage-deflate where clients offer it. It costs CPU time, and no memory while a connection is idle."`
}

// farewellSettings say what is done so that each connection has its $disconnect told.
type farewellSettings struct {
	Recorded bool `group:"node" name:"disconnect-records" negatable:"" default:"true" env:"GANGWAY_DISCONNECT_RECORDS" help:"Write down in the data folder which connections are owed a $$disconnect, before $$connect is called: it is told after a kill or a power cut too, and again if its integration could not take it."`
	Attempts int  `group:"node" name:"disconnect-attempts" placeholder:"COUNT" env:"GANGWAY_DISCONNECT_ATTEMPTS" default:"10" help:"How often a $$disconnect is told that its integration does not take, within some fifty minutes; then it is a dead letter."`
}

func (f *farewellSettings) config() node.Farewells {
	return node.Farewells{Unrecorded: !f.Recorded, Attempts: f.Attempts}
}

func (f *farewellSettings) check() error {
	if f.Attempts < 1 {
		return usagef("--disconnect-attempts: expected 1 or more, got %d", f.Attempts)
	}
	return nil
}

// serviceName is a service as a URI of an integration has it, behind the last dot: nobody is asked for another name.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// otherNames are services by what the AWS CLI and the SDKs call them, where their addresses, and so the URIs of integrations,
// have another name that no other service has. They are those that integrations call; there is no list of all services here,
// because any can be called by path/.
var otherNames = map[string]string{
	"cloudwatch": "monitoring", "cloudwatchlogs": "logs", "cloudwatch-logs": "logs", "dynamodbstreams": "dynamodb",
	"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "emr": "elasticmapreduce", "eventbridge": "events",
	"keyspaces": "cassandra", "opensearch": "es", "opensearchserverless": "aoss", "parameterstore": "ssm",
	"resourcegroupstaggingapi": "tagging", "secrets-manager": "secretsmanager", "ses": "email", "sesv2": "email",
	"sfn": "states", "step-functions": "states", "stepfunctions": "states",
}

// checkService refuses a name that no integration has.
func checkService(name string) error {
	if meant := otherNames[strings.ToLower(name)]; meant != "" {
		return fmt.Errorf("no integration calls a service %s: in its URI that is %s", name, meant)
	}
	if family := name[strings.LastIndexByte(name, '.')+1:]; family != name && serviceName.MatchString(family) {
		return fmt.Errorf("expected a service without a subdomain, %s, got %q", family, name)
	}
	if !serviceName.MatchString(name) {
		return fmt.Errorf("expected the name of a service as in the URI of an integration, such as dynamodb, got %q", name)
	}
	return nil
}

func (t *tlsSettings) config(dir string) node.TLSConfig {
	c := node.TLSConfig{Local: t.TLS, Certificates: t.Certificates}
	if t.ACME {
		c.ACME = &certificates.ACME{Directory: t.Directory, Email: t.Email, Folder: filepath.Join(dir, "acme")}
	}
	return c
}

func (t *tlsSettings) check() error {
	var wrong []error
	if !t.ACME && t.Directory+t.Email != "" {
		wrong = append(wrong, usagef("--acme-directory and --acme-email: expected --acme beside them, which agrees to the authority's terms"))
	}
	if u, err := url.Parse(t.Directory); t.Directory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		wrong = append(wrong, usagef("--acme-directory: expected https:// and a host, got %q", t.Directory))
	}
	return errors.Join(wrong...)
}

func (l *stageLogSettings) config(s *Streams, dir string) journal.Config {
	switch l.To {
	case "files":
		if l.Dir != "" {
			return journal.Config{Dir: l.Dir, FileSize: l.Size}
		}
		return journal.Config{Dir: filepath.Join(dir, "logs"), FileSize: l.Size}
	case "stdout":
		return journal.Config{Writer: s.Stdout}
	case "cloudwatch":
		return journal.Config{Cloud: &journal.Cloud{LogsEndpoint: l.Logs, FirehoseEndpoint: l.Firehose}}
	default:
		return journal.Config{}
	}
}

func (l *stageLogSettings) check() error {
	var wrong []error
	for flag, endpoint := range map[string]string{"--logs-endpoint": l.Logs, "--firehose-endpoint": l.Firehose} {
		switch {
		case endpoint == "":
		case l.To != "cloudwatch":
			wrong = append(wrong, usagef("%s: expected --stage-logs cloudwatch beside it", flag))
		case !isURL(endpoint, "http", "https"):
			wrong = append(wrong, usagef("%s: expected http:// or https:// and a host, got %q", flag, endpoint))
		}
	}
	if l.Size < 1<<10 {
		wrong = append(wrong, usagef("--stage-log-size: expected 1024 bytes or more, got %d", l.Size))
	}
	return errors.Join(wrong...)
}

func (r *rateSettings) check() error {
	if r.AccountRate < 0 || r.AccountBurst < 0 || r.ConnectRate < 0 {
		return usagef("--account-rate, --account-burst and --connect-rate: expected 0 or more")
	}
	return nil
}

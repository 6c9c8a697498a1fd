package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Streams are what a command works with.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Env looks up an environment variable.
	Env func(name string) (value string, ok bool)
}

// Stdio are the streams of this process.
func Stdio() Streams {
	return Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv}
}

func (s *Streams) env(name string) string {
	value, _ := s.Env(name)
	return value
}

// commands is the grammar of the command line.
type commands struct {
	Help        helpFlag           `short:"h" help:"Show this help."`
	Serve       serveCommand       `cmd:"" help:"Run a node."`
	Up          upCommand          `cmd:"" help:"Run an app on this machine as its template says: SAM, CloudFormation, CDK's output or serverless.yml."`
	Down        downCommand        `cmd:"" help:"Take away what up has made."`
	Env         envCommand         `cmd:"" help:"Print exports that point the AWS CLI and SDKs at a running node: eval \"$(gangway env)\"."`
	Connect     connectCommand     `cmd:"" help:"Connect to a WebSocket URL, send lines and print messages, binary ones as (binary, 3 bytes, base64) AAEC."`
	Demo        demoCommand        `cmd:"" help:"Run a chat on a node of its own, and say what to try."`
	Credentials credentialsCommand `cmd:"" help:"Make access keys that may do what a policy says, list, rotate and delete them."`
	Tail        tailCommand        `cmd:"" help:"Print what happens on an API, while it happens."`
	Audit       auditCommand       `cmd:"" help:"Print who changed what: a line for each write of the control plane."`
	Export      exportCommand      `cmd:"" help:"Print what a stage runs as a CloudFormation template. Not in it: functions it calls and their permissions, custom domains, usage plans and keys, the account's role."`
	Diff        diffCommand        `cmd:"" help:"Say what would change at a stage if its API were deployed now."`
	VTL         vtlCommand         `cmd:"" name:"vtl" help:"Print what a mapping template makes of a message, or say where it is none."`
	TestRoute   testRouteCommand   `cmd:"" help:"Say step by step what a stage does with a message, and call its backend only if told to."`
	Replay      replayCommand      `cmd:"" help:"Say to an API what was recorded, and what it answers that is different. Exits with 5 if something is."`
	TestServer  testServerCommand  `cmd:"" help:"Run a node for a test suite, on ports of its own, with a clock that can be moved on, faults and a record of what happened. Prints where, as a line of JSON, and ends with standard input."`
	Backup      backupCommand      `cmd:"" help:"Write all definitions to a file; the node may be running."`
	Restore     restoreCommand     `cmd:"" help:"Make a data folder of a backup."`
	Verbs       verbsCommand       `cmd:"" help:"List the commands that call one operation of the control plane each, such as create-api."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
	Docs        docsCommand        `cmd:"" hidden:"" help:"Print docs/configuration.md."`
}

// Run runs one command and returns its exit code. The first SIGINT or SIGTERM asks the command to end, and so does the end of the
// terminal; a second ends the process.
func Run(ctx context.Context, args []string, streams Streams) int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup, for example
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // from then on signals do what they do to any process
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(args[1:], "--help")
	case args[0] == "--version":
		args = []string{"version"}
	}
	return streams.exit(run(ctx, args, &streams))
}

func run(ctx context.Context, args []string, streams *Streams) error {
	var options []kong.Option
	called, isVerb := verbOf(args[0])
	if why := called.Excuse(); why != "" {
		return fmt.Errorf("%s is not served by Gangway: %s", called.Name, why)
	}
	if isVerb {
		options = append(options, called.command())
	}
	parser, err := newParser(streams, options...)
	if err != nil {
		return err
	}
	chosen, err := parser.Parse(args)
	switch {
	case err != nil && isVerb:
		return called.usage(worded(err))
	case err != nil:
		return pointed(usage(misspelled(worded(err), args[0], parser.Model.Node)), commandOf(err))
	}
	chosen.BindTo(ctx, (*context.Context)(nil))
	return pointed(chosen.Run(streams), chosen.Selected())
}

// worded says in our words what the parser says in those of its scanner.
func worded(err error) error {
	if flag, _, found := strings.Cut(err.Error(), ` value but got "EOL" (<EOL>)`); found && !errors.Is(err, errHelped) {
		flag, _, _ = strings.Cut(flag, ": ")
		return fmt.Errorf("%s: expected a value, got none", flag)
	}
	return err
}

// commandOf is the command that the parser had met before it failed; nil if there is none.
func commandOf(err error) *kong.Node {
	if failed, ok := errors.AsType[*kong.ParseError](err); ok && failed.Context != nil {
		return failed.Context.Selected()
	}
	return nil
}

// pointed has a usage error point to the help of its command.
func pointed(err error, command *kong.Node) error {
	failed, ok := errors.AsType[*fault](err)
	if !ok || failed.code != exitUsage || failed.hint != "" || command == nil {
		return err
	}
	return &fault{code: exitUsage, err: err, hint: command.FullPath() + " --help shows how it is called"}
}

// misspelled adds what may have been meant to an error about a command that there is not.
func misspelled(err error, name string, root *kong.Node) error {
	names := make([]string, len(root.Children))
	for i, command := range root.Children {
		names[i] = command.Name
	}
	meant := nearest(name, names)
	if meant == "" || meant == name || strings.HasPrefix(name, "-") {
		return err
	}
	return fmt.Errorf("there is no command %s, did you mean %s?", name, meant)
}

func newParser(streams *Streams, more ...kong.Option) (*kong.Kong, error) {
	options := []kong.Option{
		kong.Name("gangway"),
		kong.Description("Gangway is an Amazon API Gateway for WebSocket APIs that you run yourself."),
		kong.Writers(streams.Stdout, streams.Stderr),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(describe),
		kong.ExplicitGroups(groups()),
		kong.Vars{"quotas": usualQuotas()},
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			for _, name := range flag.Envs {
				if value, ok := streams.Env(name); ok {
					return value, nil
				}
			}
			return nil, nil
		})),
	}
	parser, err := kong.New(new(commands), append(options, more...)...)
	if err != nil {
		return nil, err
	}
	return parser, kong.Visit(parser.Model, takeVariables)
}

// takeVariables keeps kong from reading environment variables by itself: it would read those of the process.
func takeVariables(node kong.Visitable, next kong.Next) error {
	if flag, ok := node.(*kong.Flag); ok {
		flag.Tag.Envs = nil
	}
	return next(nil)
}

// describe is the help text of a flag, with its default and its environment variable.
func describe(value *kong.Value) string {
	var facts []string
	if value.Default != "" {
		facts = append(facts, "default "+value.Default)
	}
	if value.Flag != nil && len(value.Flag.Envs) > 0 {
		facts = append(facts, "$"+value.Flag.Envs[0])
	}
	if len(facts) == 0 {
		return value.Help
	}
	return value.Help + " (" + strings.Join(facts, ", ") + ")"
}

// errHelped ends parsing after the help was shown.
var errHelped = errors.New("help was shown")

// helpFlag is --help. Kong's own wants to end the process.
type helpFlag bool

// BeforeReset is called by kong when the flag is met.
func (helpFlag) BeforeReset(at *kong.Context) error {
	return errors.Join(errHelped, at.PrintUsage(false))
}

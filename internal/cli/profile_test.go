package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const newKeys = "aws_access_key_id = GWAKX\naws_secret_access_key = s3cr3t\n"

// TestWrite: the key of one section is replaced, and all else stays byte for byte.
func TestWrite(t *testing.T) {
	const old = "aws_access_key_id = OLD\naws_secret_access_key = old\n"
	for _, c := range []struct{ name, before, after string }{
		{"no file", "", profile},
		{"empty lines", "\n\n", "\n\n" + profile},
		{"one more", "[a]\nx = y\n", "[a]\nx = y\n\n" + profile},
		{"one more after no line end", "[a]\nx = y", "[a]\nx = y\n\n" + profile},
		{"one more with CRLF", "[a]\r\nx = y\r\n", "[a]\r\nx = y\r\n\r\n" + strings.ReplaceAll(profile, "\n", "\r\n")},
		{"the only one", "[ci]\n" + old, profile},
		{"without a line end", "[ci]\naws_access_key_id = OLD\naws_secret_access_key = old", profile},
		{"a header and nothing", "[a]\nx=y\n[ci]", "[a]\nx=y\n" + profile},
		{
			"between others",
			"# mine\n[ci2]\n" + old + "\n[ci]\n" + old + "\n# theirs\n; [ci]\n[a ci]\n" + old,
			"# mine\n[ci2]\n" + old + "\n" + profile + "\n# theirs\n; [ci]\n[a ci]\n" + old,
		},
		{
			"CRLF", "[a]\r\nx = y\r\n\r\n[ci]\r\naws_access_key_id = OLD\r\naws_secret_access_key = old\r\n\r\n[b]\r\nz=1",
			"[a]\r\nx = y\r\n\r\n[ci]\r\n" + strings.ReplaceAll(newKeys, "\n", "\r\n") + "\r\n[b]\r\nz=1",
		},
		{
			"what else is in the section",
			"[ci]\n# the pipeline\nregion = eu-west-1\nAWS_Secret_Access_Key=old\naws_session_token = t\n# more\naws_access_key_id: OLD\naws_security_token=t\noutput=json\n",
			"[ci]\n# the pipeline\nregion = eu-west-1\n" + newKeys + "# more\noutput=json\n",
		},
		{"no key yet", "[ci]\n# nothing\nregion = x\n[b]\n", "[ci]\n" + newKeys + "# nothing\nregion = x\n[b]\n"},
		{
			"indented", "  [ci] # mine\n  region = x\n  aws_access_key_id = OLD\n  [b]\n  x = y\n",
			"  [ci] # mine\n  region = x\n  aws_access_key_id = GWAKX\n  aws_secret_access_key = s3cr3t\n  [b]\n  x = y\n",
		},
		{
			"indented, with no key", "[ci]\n  region = x\n",
			"[ci]\n  aws_access_key_id = GWAKX\n  aws_secret_access_key = s3cr3t\n  region = x\n",
		},
		{
			"lines that go on", "[ci]\ns3 =\n  aws_access_key_id = inner\naws_secret_access_key =\n  old\n\n  older\n",
			"[ci]\ns3 =\n  aws_access_key_id = inner\n" + newKeys + "\n",
		},
		{"a name with spaces, after a byte order mark", "\ufeff[ ci ]\n" + old, "\ufeff" + profile},
		{"no sections", "what is this", "what is this\n\n" + profile},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, "credentials", c.before)
			if c.name == "no file" {
				path = filepath.Join(filepath.Dir(path), "aws", "credentials")
			} else if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
			f := newFake(t, map[string]string{"POST /gangway/credentials/ci/rotation": madeKey})
			got := run(t, f.env(), "", "credentials", "rotate", "ci", "--write", path)
			if got.code != 0 || got.stdout != "" || strings.Contains(got.stderr, "s3cr3t") {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(c.after, only(t, path)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again := run(t, f.env(), "", "credentials", "rotate", "ci", "--write", path)
			if again.code != 0 || only(t, path) != c.after {
				t.Errorf("the same again is not the same: %+v\n%s", again, only(t, path))
			}
		})
	}
}

// only is the text of a file that is the only new one in its folder, and that nobody else may read.
func only(t *testing.T, path string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(files) != 0 {
		t.Errorf("there is more than the file: %v, %v", files, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWriteThroughLinks: a link stays one, whether its end is there or not.
func TestWriteThroughLinks(t *testing.T) {
	for _, end := range []string{"[a]\nx=y\n", ""} {
		home := t.TempDir()
		for _, dir := range []string{"dot/aws", "dot/keys"} {
			if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		target := filepath.Join(home, "dot", "keys", "real")
		if end != "" {
			if err := os.WriteFile(target, []byte(end), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		// The second link is relative to where the first leads.
		if err := os.Symlink(filepath.Join("dot", "aws"), filepath.Join(home, ".aws")); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(home, ".aws", "credentials")
		if err := os.Symlink(filepath.Join("..", "keys", "real"), link); err != nil {
			t.Fatal(err)
		}
		f := newFake(t, map[string]string{"POST /gangway/credentials": madeSession})
		env := f.env()
		env["HOME"] = home
		got := run(t, env, "{}", "credentials", "create", "ci", "--policy", "-", "--write=~/.aws/credentials")
		if got.code != 0 || !strings.Contains(got.stderr, "; export AWS_PROFILE=ci\n") {
			t.Errorf("%+v", got)
		}
		want := session
		if end != "" {
			want = end + "\n" + session
		}
		if diff := cmp.Diff(want, only(t, target)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link is gone: %v, %v", info, err)
		}
	}
}

// TestWriteWhereItCannotBe: no key is made that could not be kept.
func TestWriteWhereItCannotBe(t *testing.T) {
	dir := t.TempDir()
	circle := filepath.Join(dir, "circle")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	twice := write(t, "credentials", "[ci]\n"+newKeys+profile)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--write", dir}, 1, "is no regular file"},
		{[]string{"--write", filepath.Join(dir, "a", "b", "c")}, 1, "--write: "},
		{[]string{"--write", circle}, 1, "too many links"},
		{[]string{"--write", twice}, 1, "lines 1 and 4 both begin a section [ci]"},
		{[]string{"--write", "-"}, 2, "--write: expected a file"},
		{[]string{"--write", twice, "--output", "json"}, 2, "cannot be used together"},
	} {
		f := newFake(t, map[string]string{"POST /gangway/credentials/ci/rotation": madeKey})
		got := run(t, f.env(), "", append([]string{"credentials", "rotate", "ci"}, c.args...)...)
		if got.code != c.code || got.stdout != "" || !strings.Contains(got.stderr, c.want) || f.asked() != "" {
			t.Errorf("%q: %+v, asked %q; want %d and %q", c.args, got, f.asked(), c.code, c.want)
		}
	}
	if text := only(t, twice); text != "[ci]\n"+newKeys+profile {
		t.Errorf("%s", text)
	}
}

// TestWriteOfAKeyThatCannotBeKept: what was made is shown all the same.
func TestWriteOfAKeyThatCannotBeKept(t *testing.T) {
	path := write(t, "credentials", "[other]\n[other]\n")
	other := strings.Replace(madeKey, `"ci"`, `"other"`, 1)
	f := newFake(t, map[string]string{"POST /gangway/credentials/ci/rotation": other})
	got := run(t, f.env(), "", "credentials", "rotate", "ci", "--write", path)
	want := "lines 1 and 2 both begin a section [other]"
	if got.code != 1 || got.stdout != "[other]\n"+newKeys || !strings.Contains(got.stderr, want) || only(t, path) != "[other]\n[other]\n" {
		t.Errorf("%+v", got)
	}
}

// TestAdviceOnKeys: what is on standard error can be followed.
func TestAdviceOnKeys(t *testing.T) {
	home := t.TempDir()
	usual := filepath.Join(home, ".aws", "credentials")
	another := filepath.Join(t.TempDir(), "my keys")
	const written = "arn:aws:iam::000000000000:user/ci has a new access key, GWAKX. Its "
	const made = written + "secret is shown this once.\n"
	const unset = "Then: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; "
	for _, c := range []struct {
		args []string
		want string
	}{
		{
			[]string{"create", "ci", "--policy", "-"}, made +
				"Append what is on standard output to ~/.aws/credentials, if there is no such profile in it yet; --write FILE minds both. " +
				unset + "export AWS_PROFILE=ci\n",
		},
		{[]string{"create", "ci", "--policy", "-", "--write", usual}, written + "key is in " + usual + ".\n" + unset + "export AWS_PROFILE=ci\n"},
		{
			[]string{"rotate", "ci", "--grace=1h", "--write", another}, written + "key is in '" + another + "'.\nThe old one stays good for 1h0m0s. " +
				unset + "export AWS_SHARED_CREDENTIALS_FILE='" + another + "' AWS_PROFILE=ci\n",
		},
		{[]string{"rotate", "ci", "--output=json"}, made + "The old one is no longer good.\n"},
	} {
		f := newFake(t, map[string]string{"POST /gangway/credentials": madeKey, "POST /gangway/credentials/ci/rotation": madeKey})
		env := f.env()
		env["HOME"] = home
		got := run(t, env, "{}", append([]string{"credentials"}, c.args...)...)
		if diff := cmp.Diff(c.want, got.stderr); diff != "" || got.code != 0 {
			t.Errorf("%q: code %d (-want +got):\n%s", c.args, got.code, diff)
		}
	}
}

// TestKeysThatAreNone: an answer cannot write lines of a credentials file.
func TestKeysThatAreNone(t *testing.T) {
	for old, other := range map[string]string{
		`"ci"`: `"ci]\n[default"`, `"GWAKX"`: `"GW\ncredential_process = sh"`, `"s3cr3t"`: `""`, `"t0ken"`: `"a b"`,
	} {
		f := newFake(t, map[string]string{"POST /gangway/credentials": strings.Replace(madeSession, old, other, 1)})
		if old == `"GWAKX"` {
			f.answers["POST /gangway/credentials"] = strings.Replace(madeKey, old, other, 1)
		}
		got := run(t, f.env(), "{}", "credentials", "create", "ci", "--policy", "-")
		if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "control plane: ") || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: %+v", other, got)
		}
	}
}

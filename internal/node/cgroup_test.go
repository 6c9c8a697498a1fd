package node_test

import (
	"maps"
	"testing"
	"testing/fstest"

	"gangway/internal/node"
)

// Lines of /proc/self/mountinfo: a root, the hierarchies of version 1, and that of version 2.
const (
	mountRoot = "23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro\n"
	mountOne  = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs none rw,mode=755\n" +
		"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup none rw,cpu\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup none rw,memory\n"
	mountTwo = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 none rw,nsdelegate\n"
)

// none is what version 1 says where there is no limit.
const none = "9223372036854771712\n"

func TestMemoryOfCgroup(t *testing.T) {
	for _, row := range []struct {
		name, mounts, groups string
		files                map[string]string
		want                 int64
	}{
		{name: "no such files"},
		{name: "no mounts", groups: "0::/a\n"},
		{
			"version 2", mountRoot + mountTwo, "0::/user.slice/a.service\n",
			map[string]string{"sys/fs/cgroup/user.slice/memory.max": "max\n", "sys/fs/cgroup/user.slice/a.service/memory.max": "536870912\n"},
			512 << 20,
		},
		{
			"the least on the way up", mountTwo, "0::/a/b/c\n",
			map[string]string{"sys/fs/cgroup/a/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.max": "3000000\n", "sys/fs/cgroup/a/b/c/memory.max": "2000000\n"},
			1_000_000,
		},
		{"no limit", mountTwo, "0::/a\n", map[string]string{"sys/fs/cgroup/a/memory.max": "max\n"}, 0},
		{"a container of version 2", mountTwo, "0::/\n", map[string]string{"sys/fs/cgroup/memory.max": "268435456\n"}, 256 << 20},
		{"a group that is elsewhere", mountTwo, "0::/../../b\n", map[string]string{"sys/fs/cgroup/memory.max": "268435456\n"}, 256 << 20},
		{
			"version 1", mountRoot + mountOne, "4:memory:/a\n1:cpu:/b\n0::/\n",
			map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": none, "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "134217728\n", "sys/fs/cgroup/cpu/b/memory.limit_in_bytes": "1\n"},
			128 << 20,
		},
		{"no limit in version 1", mountOne, "4:memory:/a\n", map[string]string{"sys/fs/cgroup/memory/a/memory.limit_in_bytes": none}, 0},
		{
			"a container of version 1", "50 40 0:32 /docker/4f1e /sys/fs/cgroup/memory ro master:9 - cgroup none rw,memory\n", "4:cpu,memory:/docker/4f1e/inner\n",
			map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n", "sys/fs/cgroup/memory/inner/memory.limit_in_bytes": "1000000\n"},
			1_000_000,
		},
		{
			"a group beside that of the container", "50 40 0:32 /docker/4f1e /sys/fs/cgroup/memory ro - cgroup none rw,memory\n", "4:memory:/docker/4f1e2\n",
			map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n"},
			2_000_000,
		},
		{
			"both", mountRoot + mountOne + "60 31 0:40 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n", "4:memory:/a\n0::/a\n",
			map[string]string{"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "3000000\n", "sys/fs/cgroup/unified/a/memory.max": "2000000\n"},
			2_000_000,
		},
		{"nonsense", mountTwo + "\n - \n1 2 3 - cgroup2\n", "\n::\n0::/a\nx\n", map[string]string{"sys/fs/cgroup/a/memory.max": "-7\n", "sys/fs/cgroup/memory.max": ""}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := fstest.MapFS{}
			files := map[string]string{"proc/self/mountinfo": row.mounts, "proc/self/cgroup": row.groups}
			maps.Copy(files, row.files)
			for name, text := range files {
				if text != "" {
					root[name] = &fstest.MapFile{Data: []byte(text)}
				}
			}
			if got := node.MemoryOfCgroup(root); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

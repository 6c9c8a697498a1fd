package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/metrics"
)

var (
	metricName = regexp.MustCompile(`\b(gangway|go|process)_[a-z0-9_]+`)
	labelName  = regexp.MustCompile(`\b(api|stage|route|direction|status|method|code|queue|result|version|le|instance)\b`)
	grouping   = regexp.MustCompile(`(?:by|on) \(([^)]*)\)`)
)

// TestDashboard makes sure that every query of the dashboard asks for something that there is.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/gangway.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr, RefID string }
		}
		Templating struct {
			List []struct {
				Name  string
				Query json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.Title == "" || dashboard.UID == "" || len(dashboard.Templating.List) != 3 {
		t.Errorf("the dashboard has no title, no uid, or not its three variables: %+v", dashboard)
	}
	resp := get(t, little(metrics.Config{Tracer: tracer(t, nil, metrics.TracerConfig{})}), "text/plain")
	defer func() { _ = resp.Body.Close() }()
	there := map[string]bool{}
	for line := range strings.Lines(readAll(t, resp)) {
		if name, _, ok := strings.Cut(line, "{"); ok || !strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(name, " ")
			there[name] = true
		}
	}
	ids, shown := map[int]bool{}, map[string]bool{}
	asked := func(where, text string) {
		names := metricName.FindAllString(text, -1)
		if len(names) == 0 {
			t.Errorf("%s asks for no metric: %s", where, text)
		}
		for _, name := range names {
			shown[name] = true
			if !there[name] {
				t.Errorf("%s asks for %s, which there is not", where, name)
			}
		}
	}
	for _, panel := range dashboard.Panels {
		if panel.ID == 0 || ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 {
			t.Errorf("panel %q has no id of its own, or no place: %+v", panel.Title, panel)
		}
		ids[panel.ID] = true
		if len(panel.Targets) == 0 && panel.Type != "row" {
			t.Errorf("panel %q shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			asked(panel.Title, target.Expr)
			for _, labels := range grouping.FindAllStringSubmatch(target.Expr, -1) {
				if rest := labelName.ReplaceAllString(labels[1], ""); strings.Trim(rest, ", ") != "" {
					t.Errorf("%s groups by labels that there are not: %s", panel.Title, target.Expr)
				}
			}
		}
	}
	for _, variable := range dashboard.Templating.List[1:] {
		asked(variable.Name, string(variable.Query))
	}
	for name := range there {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(name, "gangway_") && !shown[name] && !shown[base+"_bucket"] && !shown[base+"_count"] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

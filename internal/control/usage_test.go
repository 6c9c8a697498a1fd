package control_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/control"
	"gangway/internal/gateway"
	"gangway/internal/usage"
)

// metered is a desk where usage is counted.
type metered struct {
	*desk
	plans *usage.Plans
	stage gateway.StageKey
	plan  string // path of a plan for the stage, with the key
	key   string // id
	value string
	now   time.Time
}

func newMetered(t *testing.T, quota string) *metered {
	t.Helper()
	m := &metered{desk: newDesk(t), now: time.Date(2026, time.April, 15, 10, 0, 0, 0, time.UTC)}
	api := m.must("POST", "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`).text("apiId")
	m.must("POST", "/v2/apis/"+api+"/stages", `{"stageName":"prod"}`)
	m.stage = gateway.StageKey{API: api, Stage: "prod"}
	key := m.must("POST", "/apikeys", `{"name":"k","enabled":true}`)
	m.key, m.value = key.text("id"), key.text("value")
	m.plan = "/usageplans/" + m.must("POST", "/usageplans", `{"name":"p","apiStages":[{"apiId":"`+api+`","stage":"prod"}]`+quota+`}`).text("id")
	m.must("POST", m.plan+"/keys", `{"keyId":"`+m.key+`","keyType":"API_KEY"}`)
	return m
}

// count has usage counted from now on, as a node does.
func (m *metered) count() {
	m.Helper()
	plans := usage.New(func() time.Time { return m.now })
	m.plans = plans
	m.replace(plans)
	for _, plan := range m.objects.List("usageplans") {
		for _, key := range m.objects.List(plan.Key + "/keys") {
			for _, day := range m.objects.List(key.Key + "/usage") {
				m.restore(plans, day.Key)
			}
		}
	}
	m.objects.Watch(func(keys []gateway.Key) {
		m.replace(plans)
		for _, key := range keys {
			if key.Kind() == "usage" {
				m.restore(plans, key)
			}
		}
	})
	server := httptest.NewServer(control.New(control.Config{
		Objects: m.objects, Names: gateway.Names{Region: "us-east-1", Account: "123456789012"}, Callers: m.callers, Quotas: m.quotas,
		Log: slog.New(slog.DiscardHandler), Usage: plans.History, Now: func() time.Time { return m.now },
	}))
	m.Cleanup(server.Close)
	m.url = server.URL
}

func (m *metered) replace(into *usage.Plans) {
	var keys []gateway.APIKey
	for _, object := range m.objects.List("apikeys") {
		var key gateway.APIKey
		m.decode(object, &key)
		keys = append(keys, key)
	}
	var plans []usage.Plan
	for _, object := range m.objects.List("usageplans") {
		var plan usage.Plan
		m.decode(object, &plan.UsagePlan)
		for _, key := range m.objects.List(object.Key + "/keys") {
			plan.Keys = append(plan.Keys, key.Key.ID())
		}
		plans = append(plans, plan)
	}
	into.Replace(keys, plans)
}

func (m *metered) decode(object cluster.Object, into any) {
	if err := json.Unmarshal(object.Value, into); err != nil {
		m.Errorf("%s: %v", object.Key, err)
	}
}

func (m *metered) restore(into *usage.Plans, key gateway.Key) {
	object, ok := m.objects.Get(key)
	if !ok {
		return
	}
	day, err := usage.ReadDay(key, object.Value)
	if err != nil {
		m.Error(err)
	}
	into.Restore([]usage.Day{day})
}

// write writes down what was counted.
func (m *metered) write() {
	err := m.objects.Update(m.Context(), cluster.Author{Principal: "gangway", Operation: "Count"}, func(tx *cluster.Tx) error {
		for _, day := range m.plans.Changed() {
			if err := tx.Put(day.Object(), day.Tally); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.Error(err)
	}
}

func (m *metered) admit(n int) (passed int) {
	for range n {
		if _, err := m.plans.Admit(m.stage, m.value); err == nil {
			passed++
		}
	}
	return passed
}

// today are used and remaining of the key, as GetUsage says them.
func (m *metered) today() []any {
	m.Helper()
	day := m.now.Format(time.DateOnly)
	values, _ := m.must("GET", m.plan+"/usage?startDate="+day+"&endDate="+day, "").body["values"].(map[string]any)
	days, _ := values[m.key].([]any)
	if len(days) != 1 {
		m.Fatalf("got %v for %s", values, day)
	}
	pair, _ := days[0].([]any)
	return pair
}

func (m *metered) set(remaining int) reply {
	m.Helper()
	return m.do("PATCH", m.plan+"/keys/"+m.key+"/usage",
		fmt.Sprintf(`{"patchOperations":[{"op":"replace","path":"/remaining","value":"%d"}]}`, remaining))
}

func (m *metered) expectToday(used, remaining float64) {
	m.Helper()
	if got := m.today(); !reflect.DeepEqual(got, []any{used, remaining}) {
		m.Errorf("got %v, want [%v %v]", got, used, remaining)
	}
}

const tenPerMonth = `,"quota":{"limit":10,"period":"MONTH"}`

// TestUsageIsLive: API reference, GetUsage and UpdateUsage.
func TestUsageIsLive(t *testing.T) {
	m := newMetered(t, tenPerMonth)
	m.count()
	m.expectToday(0, 10)
	m.admit(3)
	m.expectToday(3, 7)
	m.write()
	if r := m.set(50); r.status != 200 {
		t.Fatalf("got %d %v", r.status, r.body)
	}
	m.expectToday(3, 50)
	m.admit(1)
	m.expectToday(4, 49)
	m.write()
	m.admit(2) // and are lost
	m.count()
	m.expectToday(4, 49)
	if n := m.admit(60); n != 49 {
		t.Errorf("%d requests pass, want 49", n)
	}
	m.expectToday(53, 0)
	stored, _ := m.objects.Get(gateway.Key(m.plan[1:] + "/keys/" + m.key + "/usage/" + m.now.Format(time.DateOnly)))
	if got, want := string(stored.Value), `{"used":4,"remaining":50,"at":3}`; got != want {
		t.Errorf("stored is %s, want %s", got, want)
	}
}

// TestUsageAsStored: what a client has set before usage was counted still holds, and nobody need count.
func TestUsageAsStored(t *testing.T) {
	m := newMetered(t, tenPerMonth)
	m.expectToday(0, 10)
	object := gateway.Key(m.plan[1:] + "/keys/" + m.key + "/usage/" + m.now.Format(time.DateOnly))
	err := m.objects.Update(t.Context(), cluster.Author{}, func(tx *cluster.Tx) error {
		return tx.Put(object, map[string]int{"remaining": 7})
	})
	if err != nil {
		t.Fatal(err)
	}
	m.expectToday(0, 7)
	m.count()
	m.expectToday(0, 7)
	if n := m.admit(20); n != 7 {
		t.Errorf("%d requests pass, want 7", n)
	}
}

// TestUsageWritesDoNotUndoClients: what is counted is written while a client sets what is left.
func TestUsageWritesDoNotUndoClients(t *testing.T) {
	m := newMetered(t, tenPerMonth)
	m.count()
	var around sync.WaitGroup
	done := make(chan struct{})
	around.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				m.admit(1)
				m.write()
			}
		}
	})
	for i := range 50 {
		m.set(1000 + i)
	}
	close(done)
	around.Wait()
	m.set(5)
	m.write()
	if n := m.admit(20); n != 5 {
		t.Errorf("%d requests pass, want 5", n)
	}
	m.write()
	used := m.today()[0]
	m.count()
	m.expectToday(used.(float64), 0)
}

// TestUsageOfAKeyThatCameBack: who leaves a plan and comes back begins anew.
func TestUsageOfAKeyThatCameBack(t *testing.T) {
	m := newMetered(t, tenPerMonth)
	m.count()
	m.admit(10)
	m.write()
	m.expectToday(10, 0)
	m.must("DELETE", m.plan+"/keys/"+m.key, "")
	m.must("POST", m.plan+"/keys", `{"keyId":"`+m.key+`","keyType":"API_KEY"}`)
	m.expectToday(0, 10)
	m.count()
	m.expectToday(0, 10)
}

// TestUsageWithoutQuota: nothing is left to set.
func TestUsageWithoutQuota(t *testing.T) {
	m := newMetered(t, "")
	m.count()
	m.admit(3)
	if used := m.today()[0]; used != 3.0 {
		t.Errorf("used: got %v, want 3", used)
	}
	if r := m.set(5); r.status != 400 {
		t.Errorf("got %d %v, want 400", r.status, r.body)
	}
}

package gateway

import (
	"slices"
	"strings"
	"time"
)

// A UsagePlan says how much the holders of its API keys may use of which stages: "Usage plans and API keys" in the
// developer guide.
type UsagePlan struct {
	UsagePlanSettings
	UsagePlanOrigin
	ID          string `json:"id"`
	ProductCode string `json:"productCode,omitempty"`
}

// UsagePlanSettings is what a client may write of a [UsagePlan].
type UsagePlanSettings struct {
	APIStages   []APIStage `json:"apiStages"`
	Description string     `json:"description,omitempty"`
	Name        string     `json:"name"`
	Quota       *Quota     `json:"quota,omitempty"`
	Throttle    *Throttle  `json:"throttle,omitempty"`
}

// UsagePlanOrigin is what a client may write of a [UsagePlan] when it creates it.
type UsagePlanOrigin struct {
	Tags map[string]string `json:"tags"`
}

// APIStage is a stage that a [UsagePlan] covers, and rates for single methods of it ("/path/METHOD"), which nothing of
// a WebSocket API has.
type APIStage struct {
	APIID    string              `json:"apiId"`
	Stage    string              `json:"stage"`
	Throttle map[string]Throttle `json:"throttle,omitempty"`
}

// Throttle is a rate, in requests a second, and how many of them may come at once; an absent member is no limit.
type Throttle struct {
	BurstLimit *int     `json:"burstLimit,omitempty"`
	RateLimit  *float64 `json:"rateLimit,omitempty"`
}

// Periods of a [Quota].
const (
	PeriodDay   = "DAY"
	PeriodWeek  = "WEEK"
	PeriodMonth = "MONTH"
)

// Quota is how many requests a key may make in a period, less Offset in the first one.
type Quota struct {
	Limit  int    `json:"limit"`
	Offset int    `json:"offset"`
	Period string `json:"period"`
}

// Settings is the part that a client may write.
func (u *UsagePlan) Settings() any { return &u.UsagePlanSettings }

// Origin is the part that a client may write once.
func (u *UsagePlan) Origin() any { return &u.UsagePlanOrigin }

// Locate writes the part that is ours, and the defaults.
func (u *UsagePlan) Locate(key Key, _ time.Time) {
	u.ID = key.ID()
	if u.APIStages == nil {
		u.APIStages = []APIStage{}
	}
	if u.Tags == nil {
		u.Tags = map[string]string{}
	}
}

// Covers says whether the plan holds for a stage.
func (u *UsagePlan) Covers(stage StageKey) bool { return u.find(stage) >= 0 }

// find is where a stage stands among those of the plan, or -1.
func (u *UsagePlan) find(stage StageKey) int {
	return slices.IndexFunc(u.APIStages, func(s APIStage) bool { return s.APIID == stage.API && s.Stage == stage.Stage })
}

// Validate implements [Object].
func (u *UsagePlan) Validate() error {
	return check(
		when(u.Name == "", "Invalid Usage Plan name specified. Expected a name"),
		atMost("name", u.Name, 1024),
		atMost("description", u.Description, 1024),
		u.validateStages(),
		u.Throttle.validate(),
		u.Quota.validate(),
		validateTags(u.Tags),
	)
}

// maxStages and maxMethods are how many stages a plan may cover, and how many methods of one may have rates of their own;
// the service does not document its own figures.
const (
	maxStages  = 1000
	maxMethods = 100
)

func (u *UsagePlan) validateStages() error {
	if len(u.APIStages) > maxStages {
		return Errorf(ErrInvalid, "A usage plan can have at most %d API stages, got %d", maxStages, len(u.APIStages))
	}
	seen := make(map[StageKey]bool, len(u.APIStages))
	for _, s := range u.APIStages {
		stage := StageKey{s.APIID, s.Stage}
		err := check(
			when(s.APIID == "" || s.Stage == "", "Invalid API Stage specified"),
			when(seen[stage], "API Stage {api: %s, stage: %s} is specified twice", s.APIID, s.Stage),
			when(len(s.Throttle) > maxMethods, "An API stage of a usage plan can have rates for at most %d methods, got %d", maxMethods, len(s.Throttle)),
		)
		seen[stage] = true
		for _, method := range sortedKeys(s.Throttle) {
			throttle := s.Throttle[method]
			err = check(err, throttle.validate())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Throttle) validate() error {
	return when(t != nil && (t.BurstLimit != nil && *t.BurstLimit < 0 || t.RateLimit != nil && *t.RateLimit < 0),
		"Usage Plan throttle rateLimit and burstLimit must be non-negative numerics")
}

func (q *Quota) validate() error {
	if q == nil {
		return nil
	}
	last, known := map[string]int{PeriodDay: 0, PeriodWeek: 6, PeriodMonth: 27}[q.Period]
	return check(
		when(!known, "Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]"),
		when(q.Limit < 0, "Usage Plan quota limit must be a non-negative numeric"),
		when(q.Offset < 0 || q.Offset > last,
			"Usage Plan quota offset must be between 0 and %d inclusive in the %s period", last, q.Period),
	)
}

// References implements [Object]. A plan stands below no API; who saves it looks for the stages.
func (u *UsagePlan) References() []Key { return nil }

// A UsagePlanKey puts an [APIKey] under a [UsagePlan]; its id is that of the key.
type UsagePlanKey struct {
	UsagePlanKeyOrigin
	ID   string `json:"id"`
	Type string `json:"type"`
	// Name and Value are those of the key, and not stored.
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// UsagePlanKeyOrigin is what a client may write of a [UsagePlanKey] when it creates it; what is shown has other names.
type UsagePlanKeyOrigin struct {
	KeyID   string `json:"keyId,omitempty"`
	KeyType string `json:"keyType,omitempty"`
}

// Settings is the part that a client may write: nothing.
func (u *UsagePlanKey) Settings() any { return new(struct{}) }

// Origin is the part that a client may write once.
func (u *UsagePlanKey) Origin() any { return &u.UsagePlanKeyOrigin }

// Locate writes the part that is ours.
func (u *UsagePlanKey) Locate(key Key, _ time.Time) {
	u.ID = key.ID()
	if u.Type == "" {
		u.Type = u.KeyType
	}
	u.UsagePlanKeyOrigin = UsagePlanKeyOrigin{}
}

// Validate implements [Object].
func (u *UsagePlanKey) Validate() error {
	return check(
		when(u.ID == "", "Invalid API Key identifier specified"),
		when(u.Type != "API_KEY", "Invalid key type specified: '%s'. Must be one of [API_KEY]", u.Type),
	)
}

// References implements [Object]. Who saves it looks for the key.
func (u *UsagePlanKey) References() []Key { return nil }

// Usage is what keys of a plan have used: for each key, a pair (used, remaining) for each day.
type Usage struct {
	UsagePlanID string                `json:"usagePlanId"`
	StartDate   string                `json:"startDate"`
	EndDate     string                `json:"endDate"`
	Position    string                `json:"position,omitempty"`
	Values      map[string][][2]int64 `json:"values"`
}

// Remaining is how much a key may still use of its quota.
type Remaining int

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be.
func (r *Remaining) Patch(p Patch) error {
	return apply(r, p, []edit[Remaining]{{"/remaining", []string{opReplace}, func(r *Remaining, p Patch) error {
		n, err := p.integer()
		if err != nil || n < 0 {
			return p.expected("an integer of 0 or more")
		}
		*r = Remaining(n)
		return nil
	}}})
}

// stageOf reads "{api}:{stage}".
func stageOf(text string) (stage StageKey, ok bool) {
	stage.API, stage.Stage, ok = strings.Cut(text, ":")
	return stage, ok && stage.API != "" && stage.Stage != ""
}

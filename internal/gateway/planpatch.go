package gateway

import (
	"slices"
	"strings"
)

// Patch applies one patch. It returns [ErrInvalid] for one that cannot be, and [ErrNotFound] for one that names a stage
// which the plan does not cover. Values are checked later, by Validate, and so is the sum of several patches.
func (u *UsagePlan) Patch(p Patch) error {
	if strings.HasPrefix(p.Path, "/apiStages/") && (p.Op == opAdd || p.Op == opReplace || p.Op == opRemove) {
		return u.patchStage(p)
	}
	set, all := []string{opAdd, opReplace}, []string{opAdd, opRemove, opReplace}
	return apply(u, p, []edit[UsagePlan]{
		{"/name", []string{opReplace}, toText(func(u *UsagePlan) *string { return &u.Name })},
		{"/description", all, toText(func(u *UsagePlan) *string { return &u.Description })},
		{"/productCode", all, toText(func(u *UsagePlan) *string { return &u.ProductCode })},
		{"/apiStages", []string{opAdd, opRemove}, (*UsagePlan).patchStages},
		{"/throttle", []string{opRemove}, func(u *UsagePlan, _ Patch) error { u.Throttle = nil; return nil }},
		{"/throttle/rateLimit", set, (*UsagePlan).patchThrottle},
		{"/throttle/burstLimit", set, (*UsagePlan).patchThrottle},
		{"/quota", []string{opRemove}, func(u *UsagePlan, _ Patch) error { u.Quota = nil; return nil }},
		{"/quota/limit", set, (*UsagePlan).patchQuota},
		{"/quota/offset", set, (*UsagePlan).patchQuota},
		{"/quota/period", set, (*UsagePlan).patchQuota},
		{methodPath + "/rateLimit", nil, nil},
		{methodPath + "/burstLimit", nil, nil},
	})
}

// methodPath is the path of the rates of one method, as messages list it.
const methodPath = "/apiStages/{apiId}:{stage}/throttle/{path}/{METHOD}"

// patchStages adds a stage, or removes one.
func (u *UsagePlan) patchStages(p Patch) error {
	stage, ok := stageOf(p.Value)
	if !ok {
		return Errorf(ErrInvalid, "Invalid API Stage specified")
	}
	i := u.find(stage)
	switch {
	case p.Op == opAdd && i < 0:
		u.APIStages = append(u.APIStages, APIStage{APIID: stage.API, Stage: stage.Stage})
	case p.Op == opRemove && i < 0:
		return u.noStage(stage)
	case p.Op == opRemove:
		u.APIStages = slices.Delete(u.APIStages, i, i+1)
	}
	return nil
}

// noStage is the error of a stage that the plan does not cover.
func (u *UsagePlan) noStage(stage StageKey) error {
	return Errorf(ErrNotFound, "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s", stage.API, stage.Stage, u.ID)
}

// patchStage changes the rates of a method of a stage: {api}:{stage}/throttle/{path}/{METHOD}/rateLimit. A path comes
// with its slashes encoded or not.
func (u *UsagePlan) patchStage(p Patch) error {
	segments := p.segments()[1:]
	stage, ok := stageOf(segments[0])
	if !ok || len(segments) < 2 || segments[1] != "throttle" {
		return p.noMethod()
	}
	i := u.find(stage)
	if i < 0 {
		return u.noStage(stage)
	}
	if p.Op == opRemove {
		return u.APIStages[i].remove(p, segments[2:])
	}
	return u.APIStages[i].set(p, segments[2:])
}

// noMethod is the error of a path that names no rate of a method.
func (p Patch) noMethod() error {
	return p.misplaced([]string{methodPath + "/rateLimit", methodPath + "/burstLimit"})
}

// set sets a rate of a method: path, METHOD, member.
func (s *APIStage) set(p Patch, segments []string) error {
	if len(segments) < 2 {
		return p.noMethod()
	}
	last := len(segments) - 1
	method := strings.Join(segments[:last], "/")
	throttle := s.Throttle[method]
	if err := throttle.patch(p, segments[last]); err != nil {
		return err
	}
	if s.Throttle == nil {
		s.Throttle = map[string]Throttle{}
	}
	s.Throttle[method] = throttle
	return nil
}

// remove takes away the rates of a method, or of all.
func (s *APIStage) remove(p Patch, segments []string) error {
	if len(segments) == 0 {
		s.Throttle = nil
		return nil
	}
	method := strings.Join(segments, "/")
	if _, ok := s.Throttle[method]; !ok {
		return p.noMethod()
	}
	delete(s.Throttle, method)
	return nil
}

func (u *UsagePlan) patchThrottle(p Patch) error {
	var throttle Throttle
	if u.Throttle != nil {
		throttle = *u.Throttle
	}
	if err := throttle.patch(p, p.segments()[1]); err != nil {
		return err
	}
	u.Throttle = &throttle
	return nil
}

// patch sets a member by its name.
func (t *Throttle) patch(p Patch, member string) error {
	switch member {
	case "rateLimit":
		rate, err := p.number()
		if err != nil {
			return err
		}
		t.RateLimit = &rate
	case "burstLimit":
		burst, err := p.integer()
		if err != nil {
			return err
		}
		t.BurstLimit = &burst
	default:
		return p.noMethod()
	}
	return nil
}

func (u *UsagePlan) patchQuota(p Patch) error {
	var quota Quota
	if u.Quota != nil {
		quota = *u.Quota
	}
	var err error
	switch p.Path {
	case "/quota/limit":
		quota.Limit, err = p.integer()
	case "/quota/offset":
		quota.Offset, err = p.integer()
	default:
		quota.Period = p.Value
	}
	if err != nil {
		return err
	}
	u.Quota = &quota
	return nil
}

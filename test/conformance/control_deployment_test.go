package conformance_test

func deploymentScenarios() []scenario {
	return []scenario{{"deployments", newAPI(deploymentCalls()...)}}
}

func deploymentCalls() []exchange {
	const (
		all    = "/v2/apis/{api}/deployments"
		stages = "/v2/apis/{api}/stages"
	)
	return []exchange{
		{
			name: "case 81: without routes (observed)", method: post, path: all, status: 400, code: badRequest, body: `{}`,
			want: `{"message":"At least one route is required before deploying the Api"}`,
		},
		{name: "an integration", method: post, path: "/v2/apis/{api}/integrations", status: 201, body: `{"integrationType":"MOCK"}`, keep: map[string]string{"integration": "integrationId"}},
		{name: "a route", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"$default","target":"integrations/{integration}"}`},
		{
			name: "case 82: a deployment of a route with an integration (Terraform provider; developer guide)", method: post, path: all, status: 201, body: `{"description":"one"}`,
			want: `{"deploymentId":"~^[a-z0-9]{6}$","deploymentStatus":"DEPLOYED","autoDeployed":false,"description":"one","createdDate":"~^20..-..-..T..:..:..Z$"}`,
			keep: map[string]string{"one": "deploymentId"},
		},
		{
			name: "case 83: the description changes (Terraform provider)", method: patch, path: all + "/{one}", status: 200, body: `{"description":"uno"}`,
			want: `{"description":"uno","deploymentId":"{one}","deploymentStatus":"DEPLOYED"}`,
		},
		{name: "an empty body will do (guess)", method: post, path: all, status: 201, keep: map[string]string{"two": "deploymentId"}},
		{name: "to a stage that is not there (moto)", method: post, path: all, status: 404, code: notFound, body: `{"stageName":"prod"}`},
		{name: "a stage", method: post, path: stages, status: 201, body: `{"stageName":"prod","deploymentId":"{one}"}`, want: `{"deploymentId":"{one}"}`},
		{name: "to a stage that is", method: post, path: all, status: 201, body: `{"stageName":"prod"}`, keep: map[string]string{"three": "deploymentId"}},
		{name: "case 84: the stage that a deployment names has it (developer guide; observed)", method: get, path: stages + "/prod", status: 200, want: `{"deploymentId":"{three}"}`},
		{
			name: "case 85: a deployment that a stage has cannot be deleted (text of REST APIs; guess)", method: remove, path: all + "/{three}", status: 400, code: badRequest,
			want: `{"message":"Active stages pointing to this deployment must be moved or deleted"}`,
		},
		{name: "a newer one", method: patch, path: stages + "/prod", status: 200, body: `{"deploymentId":"{two}"}`, want: `{"deploymentId":"{two}"}`},
		{name: "case 86: one that no stage has any more can be deleted (Terraform provider; recorded clients)", method: remove, path: all + "/{three}", status: 204},
		{name: "an unknown one for a stage (guess)", method: patch, path: stages + "/prod", status: 404, code: notFound, body: `{"deploymentId":"abcdef"}`},
		{name: "all that are left", method: get, path: all, status: 200, want: `{"items":[{"deploymentId":"{one}"},{"deploymentId":"{two}"}]}`},
	}
}

// autoDeployScenarios wait for deployments that come by themselves.
func autoDeployScenarios() []scenario {
	const (
		deployments = "/v2/apis/{api}/deployments"
		routes      = "/v2/apis/{api}/routes"
		stages      = "/v2/apis/{api}/stages"
		refusal     = `{"message":"~^Deployment ID cannot be set on this stage .*because AutoDeploy is enabled$"}`
	)
	return []scenario{
		{"automatic deployments", newAPI([]exchange{
			{name: "a route", method: post, path: routes, status: 201, body: `{"routeKey":"$default"}`},
			{name: "a stage", method: post, path: stages, status: 201, body: `{"stageName":"prod","autoDeploy":true}`, want: `{"autoDeploy":true}`},
			{
				name: "is deployed by itself (AWS SAM; AWS CDK)", method: get, path: stages + "/prod", status: 200, until: true, want: `{"deploymentId":"…"}`,
				keep: map[string]string{"first": "deploymentId"},
			},
			{name: "another route", method: post, path: routes, status: 201, body: `{"routeKey":"x"}`},
			{
				name: "case 104: a change moves the stage to a new deployment, soon (observed)", method: get, path: stages + "/prod", status: 200, until: true,
				want: `{"deploymentId":"≠{first}","autoDeploy":true}`, keep: map[string]string{"second": "deploymentId"},
			},
			{
				name: "case 104: and the stage says so (observed)", method: get, path: stages + "/prod", status: 200,
				want: `{"lastDeploymentStatusMessage":"Successfully deployed stage with deployment ID '{second}'"}`,
			},
			{
				name: "case 104: the new deployment says where it comes from (developer guide)", method: get, path: deployments + "/{second}", status: 200,
				want: `{"autoDeployed":true,"deploymentStatus":"DEPLOYED","description":"Automatic deployment triggered by changes to the Api configuration"}`,
			},
			{
				name: "case 105: no other deployment meanwhile (observed)", method: patch, path: stages + "/prod", status: 400, code: badRequest,
				body: `{"deploymentId":"{first}"}`, want: refusal,
			},
			{name: "nor this way", method: post, path: deployments, status: 400, code: badRequest, body: `{"stageName":"prod"}`, want: refusal},
			{name: "nor from the beginning", method: post, path: stages, status: 400, code: badRequest, body: `{"stageName":"test","autoDeploy":true,"deploymentId":"{first}"}`, want: refusal},
			{name: "off (probed on AWS)", method: patch, path: stages + "/prod", status: 200, body: `{"autoDeploy":false}`, want: `{"deploymentId":"{second}"}`},
			{name: "then it can be", method: patch, path: stages + "/prod", status: 200, body: `{"deploymentId":"{first}"}`, want: `{"deploymentId":"{first}"}`},
		}...)},
		{"automatic deployments of nothing", newAPI([]exchange{
			{name: "a stage (guess)", method: post, path: stages, status: 201, body: `{"stageName":"prod","autoDeploy":true}`},
			{
				name: "says what is missing (guess)", method: get, path: stages + "/prod", status: 200, until: true,
				want: `{"lastDeploymentStatusMessage":"~At least one route is required before deploying the Api$","deploymentId":null}`,
			},
			{name: "a route", method: post, path: routes, status: 201, body: `{"routeKey":"$default"}`},
			{name: "is enough", method: get, path: stages + "/prod", status: 200, until: true, want: `{"lastDeploymentStatusMessage":"~^Successfully deployed","deploymentId":"…"}`},
		}...)},
	}
}

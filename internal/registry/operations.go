package registry

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An Operation is one of the Lambda API, as the service model has it.
type Operation struct {
	Name, Method, Path string
	Status             int    // of its answer
	Excuse             string // why it is refused; "" where it is served
	None               bool   // it is served as where there are none of what it is about

	Members []string // of its body, those that are not served among them; nil: it has none, or it is not read

	code  bool // a request may have code in it
	serve func(*call) (any, error)
}

// Action is what policies call the operation: "Actions defined by AWS Lambda" in the service authorization reference.
func (o *Operation) Action() string {
	switch o.Name {
	case invokeOperation, "InvokeAsync", "InvokeWithResponseStream":
		return "lambda:InvokeFunction"
	default:
		return "lambda:" + o.Name
	}
}

// Why operations are refused.
const (
	noVersions  = "there is one version, $LATEST"
	noAliases   = "there are no aliases: there is one version, $LATEST"
	noLayers    = "there are no layers: put what they hold into the archive"
	noSigning   = "code is not signed"
	noSources   = "functions are invoked by the gateway and by Invoke, not by event sources"
	noURLs      = "functions have no URLs of their own"
	noOutcomes  = "there are no destinations, and failed asynchronous invocations are repeated twice"
	noProvision = "no processes are kept for invocations to come"
	noStreams   = "results are not streamed"
	noRuntimes  = "runtimes are those of this machine"
	noAccount   = "there are no quotas of an account"
	noDurable   = "executions are not durable"
	noProviders = "there are no capacity providers: functions run on this machine"
	noScaling   = "processes are started when they are needed, up to the reserved concurrency"
	noPolicies  = "callers have policies of their own; what AddPermission grants is kept and shown"
	noRecursion = "recursive loops are not looked for"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	remove = http.MethodDelete

	all       = "/2015-03-31/functions"
	one       = all + "/{FunctionName}"
	tagging   = "/2017-03-31/tags/{ARN}"
	signing   = "/2020-04-22/code-signing-configs/"
	outcome   = "/2019-09-25/functions/{FunctionName}/event-invoke-config"
	layers    = "/2018-10-31/layers"
	layer     = layers + "/{LayerName}/versions"
	sources   = "/2015-03-31/event-source-mappings/"
	site      = "/2021-10-31/functions/{FunctionName}/url"
	running   = "/2021-07-20/functions/{FunctionName}/runtime-management-config"
	durable   = "/2025-12-01/durable-executions/{DurableExecutionArn}"
	told      = "/2025-12-01/durable-execution-callbacks/{CallbackId}/"
	policies  = "/2026-07-09/resource-policy/{ResourceArn}"
	capacity  = "/2025-11-30/capacity-providers"
	scaling   = "/2025-11-30/functions/{FunctionName}/function-scaling-config"
	recursion = "/2024-08-31/functions/{FunctionName}/recursion-config"
	ready     = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
)

// Operations are all of the service model, in its order.
func Operations() []Operation { return slices.Clone(operations) }

//nolint:gochecknoglobals // a table, which nobody changes
var operations = []Operation{
	refused("AddLayerVersionPermission", post, layer+"/{VersionNumber}/policy", http.StatusCreated, noLayers),
	withBody(served("AddPermission", post, one+"/policy", http.StatusCreated, (*call).addPermission), permissionMembers...),
	refused("CheckpointDurableExecution", post, durable+"/checkpoint", http.StatusOK, noDurable),
	refused("CreateAlias", post, one+"/aliases", http.StatusCreated, noAliases),
	refused("CreateCapacityProvider", post, capacity, http.StatusAccepted, noProviders),
	refused("CreateCodeSigningConfig", post, signing, http.StatusCreated, noSigning),
	refused("CreateEventSourceMapping", post, sources, http.StatusAccepted, noSources),
	withCode(withBody(served("CreateFunction", post, all, http.StatusCreated, (*call).create), creationMembers...)),
	refused("CreateFunctionUrlConfig", post, site, http.StatusCreated, noURLs),
	none("DeleteAlias", remove, one+"/aliases/{Name}", http.StatusNoContent, absent),
	none("DeleteCapacityProvider", remove, capacity+"/{CapacityProviderName}", http.StatusAccepted, absent),
	none("DeleteCodeSigningConfig", remove, signing+"{CodeSigningConfigArn}", http.StatusNoContent, absent),
	none("DeleteEventSourceMapping", remove, sources+"{UUID}", http.StatusAccepted, absent),
	served("DeleteFunction", remove, one, http.StatusNoContent, (*call).delete),
	none("DeleteFunctionCodeSigningConfig", remove, "/2020-06-30/functions/{FunctionName}/code-signing-config", http.StatusNoContent, absent),
	served("DeleteFunctionConcurrency", remove, "/2017-10-31/functions/{FunctionName}/concurrency", http.StatusNoContent, (*call).deleteConcurrency),
	none("DeleteFunctionEventInvokeConfig", remove, outcome, http.StatusNoContent, absent),
	none("DeleteFunctionUrlConfig", remove, site, http.StatusNoContent, absent),
	none("DeleteLayerVersion", remove, layer+"/{VersionNumber}", http.StatusNoContent, absent),
	none("DeleteProvisionedConcurrencyConfig", remove, ready, http.StatusNoContent, absent),
	none("DeleteResourcePolicy", remove, policies, http.StatusNoContent, absent),
	refused("GetAccountSettings", get, "/2016-08-19/account-settings/", http.StatusOK, noAccount),
	none("GetAlias", get, one+"/aliases/{Name}", http.StatusOK, absent),
	none("GetCapacityProvider", get, capacity+"/{CapacityProviderName}", http.StatusOK, absent),
	none("GetCodeSigningConfig", get, signing+"{CodeSigningConfigArn}", http.StatusOK, absent),
	none("GetDurableExecution", get, durable, http.StatusOK, absent),
	none("GetDurableExecutionHistory", get, durable+"/history", http.StatusOK, absent),
	none("GetDurableExecutionState", get, durable+"/state", http.StatusOK, absent),
	none("GetEventSourceMapping", get, sources+"{UUID}", http.StatusOK, absent),
	served("GetFunction", get, one, http.StatusOK, (*call).get),
	served("GetFunctionCodeSigningConfig", get, "/2020-06-30/functions/{FunctionName}/code-signing-config", http.StatusOK, (*call).getSigning),
	served("GetFunctionConcurrency", get, "/2019-09-30/functions/{FunctionName}/concurrency", http.StatusOK, (*call).getConcurrency),
	served("GetFunctionConfiguration", get, one+"/configuration", http.StatusOK, (*call).getConfiguration),
	none("GetFunctionEventInvokeConfig", get, outcome, http.StatusOK, absent),
	refused("GetFunctionRecursionConfig", get, recursion, http.StatusOK, noRecursion),
	refused("GetFunctionScalingConfig", get, scaling, http.StatusOK, noScaling),
	none("GetFunctionUrlConfig", get, site, http.StatusOK, absent),
	none("GetLayerVersion", get, layer+"/{VersionNumber}", http.StatusOK, absent),
	none("GetLayerVersionByArn", get, layers+"?find=LayerVersion", http.StatusOK, absent),
	none("GetLayerVersionPolicy", get, layer+"/{VersionNumber}/policy", http.StatusOK, absent),
	served("GetPolicy", get, one+"/policy", http.StatusOK, (*call).getPolicy),
	none("GetProvisionedConcurrencyConfig", get, ready, http.StatusOK, absent),
	none("GetResourcePolicy", get, policies, http.StatusOK, absent),
	refused("GetRuntimeManagementConfig", get, running, http.StatusOK, noRuntimes),
	{Name: invokeOperation, Method: post, Path: one + "/invocations"},
	refused("InvokeAsync", post, "/2014-11-13/functions/{FunctionName}/invoke-async/", http.StatusAccepted, "Invoke with the invocation type Event is"),
	refused("InvokeWithResponseStream", post, "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 0, noStreams),
	none("ListAliases", get, one+"/aliases", http.StatusOK, empty("Aliases")),
	none("ListCapacityProviders", get, capacity, http.StatusOK, empty("CapacityProviders")),
	none("ListCodeSigningConfigs", get, signing, http.StatusOK, empty("CodeSigningConfigs")),
	none("ListDurableExecutionsByFunction", get, "/2025-12-01/functions/{FunctionName}/durable-executions", http.StatusOK, empty("DurableExecutions")),
	none("ListEventSourceMappings", get, sources, http.StatusOK, empty("EventSourceMappings")),
	none("ListFunctionEventInvokeConfigs", get, outcome+"/list", http.StatusOK, empty("FunctionEventInvokeConfigs")),
	none("ListFunctionUrlConfigs", get, site+"s", http.StatusOK, empty("FunctionUrlConfigs")),
	none("ListFunctionVersionsByCapacityProvider", get, capacity+"/{CapacityProviderName}/function-versions", http.StatusOK, absent),
	served("ListFunctions", get, all+"/", http.StatusOK, (*call).list),
	none("ListFunctionsByCodeSigningConfig", get, signing+"{CodeSigningConfigArn}/functions", http.StatusOK, absent),
	none("ListLayerVersions", get, layer, http.StatusOK, empty("LayerVersions")),
	none("ListLayers", get, layers, http.StatusOK, empty("Layers")),
	none("ListProvisionedConcurrencyConfigs", get, ready+"?List=ALL", http.StatusOK, empty("ProvisionedConcurrencyConfigs")),
	served("ListTags", get, tagging, http.StatusOK, (*call).listTags),
	served("ListVersionsByFunction", get, one+"/versions", http.StatusOK, (*call).listVersions),
	refused("PublishLayerVersion", post, layer, http.StatusCreated, noLayers),
	refused("PublishVersion", post, one+"/versions", http.StatusCreated, noVersions),
	refused("PutFunctionCodeSigningConfig", put, "/2020-06-30/functions/{FunctionName}/code-signing-config", http.StatusOK, noSigning),
	withBody(served("PutFunctionConcurrency", put, "/2017-10-31/functions/{FunctionName}/concurrency", http.StatusOK, (*call).putConcurrency),
		"ReservedConcurrentExecutions"),
	refused("PutFunctionEventInvokeConfig", put, outcome, http.StatusOK, noOutcomes),
	refused("PutFunctionRecursionConfig", put, recursion, http.StatusOK, noRecursion),
	refused("PutFunctionScalingConfig", put, scaling, http.StatusAccepted, noScaling),
	refused("PutProvisionedConcurrencyConfig", put, ready, http.StatusAccepted, noProvision),
	refused("PutResourcePolicy", put, policies, http.StatusOK, noPolicies),
	refused("PutRuntimeManagementConfig", put, running, http.StatusOK, noRuntimes),
	none("RemoveLayerVersionPermission", remove, layer+"/{VersionNumber}/policy/{StatementId}", http.StatusNoContent, absent),
	served("RemovePermission", remove, one+"/policy/{StatementId}", http.StatusNoContent, (*call).removePermission),
	refused("SendDurableExecutionCallbackFailure", post, told+"fail", http.StatusOK, noDurable),
	refused("SendDurableExecutionCallbackHeartbeat", post, told+"heartbeat", http.StatusOK, noDurable),
	refused("SendDurableExecutionCallbackSuccess", post, told+"succeed", http.StatusOK, noDurable),
	refused("StopDurableExecution", post, durable+"/stop", http.StatusOK, noDurable),
	withBody(served("TagResource", post, tagging, http.StatusNoContent, (*call).tag), "Tags"),
	served("UntagResource", remove, tagging, http.StatusNoContent, (*call).untag),
	none("UpdateAlias", put, one+"/aliases/{Name}", http.StatusOK, absent),
	none("UpdateCapacityProvider", put, capacity+"/{CapacityProviderName}", http.StatusAccepted, absent),
	none("UpdateCodeSigningConfig", put, signing+"{CodeSigningConfigArn}", http.StatusOK, absent),
	none("UpdateEventSourceMapping", put, sources+"{UUID}", http.StatusAccepted, absent),
	withCode(withBody(served("UpdateFunctionCode", put, one+"/code", http.StatusOK, (*call).updateCode), updateMembers...)),
	withBody(served("UpdateFunctionConfiguration", put, one+"/configuration", http.StatusOK, (*call).updateConfiguration), revisionMembers...),
	refused("UpdateFunctionEventInvokeConfig", post, outcome, http.StatusOK, noOutcomes),
	refused("UpdateFunctionUrlConfig", put, site, http.StatusOK, noURLs),
}

func served(name, method, path string, status int, serve func(*call) (any, error)) Operation {
	return Operation{Name: name, Method: method, Path: path, Status: status, serve: serve}
}

// none is an operation that shows, or does not find, what there is none of.
func none(name, method, path string, status int, serve func(*call) (any, error)) Operation {
	o := served(name, method, path, status, serve)
	o.None = true
	return o
}

func refused(name, method, path string, status int, excuse string) Operation {
	return Operation{Name: name, Method: method, Path: path, Status: status, Excuse: excuse, serve: func(*call) (any, error) {
		return nil, invalid("%s is not served by Gangway: %s", name, excuse)
	}}
}

// judgedByBody says whether what a request says in its body matters to whether it may be made: the name of a function, or its tags.
func (o *Operation) judgedByBody() bool {
	return o == nil || o.Name == "CreateFunction" || o.Name == "TagResource"
}

func withBody(o Operation, members ...string) Operation {
	o.Members = members
	return o
}

func withCode(o Operation) Operation {
	o.code = true
	return o
}

// find finds an operation by method, path and query, with what the path has in place of {…}. A slash at the end does not matter.
func find(method, path string, query url.Values) (*Operation, map[string]string) {
	segments := split(path)
	for i := range operations {
		o := &operations[i]
		pattern, condition, _ := strings.Cut(o.Path, "?")
		if o.Method != method || !o.asked(condition, query) {
			continue
		}
		if arguments := match(split(pattern), segments); arguments != nil {
			return o, arguments
		}
	}
	return nil, nil
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// asked says whether a query is that of the operation: two pairs of them differ in nothing else.
func (o *Operation) asked(condition string, query url.Values) bool {
	name, value, only := strings.Cut(condition, "=")
	switch {
	case only:
		return query.Get(name) == value
	case o.Name == "GetProvisionedConcurrencyConfig":
		return query.Get("List") == ""
	case o.Name == "ListLayers":
		return query.Get("find") == ""
	}
	return true
}

// match compares a path with that of an operation; nil: they do not match.
func match(pattern, segments []string) map[string]string {
	if len(pattern) != len(segments) {
		return nil
	}
	arguments := map[string]string{}
	for i, segment := range segments {
		value, err := url.PathUnescape(segment)
		name, variable := strings.CutPrefix(pattern[i], "{")
		switch {
		case err != nil || value == "":
			return nil
		case variable:
			arguments[strings.TrimSuffix(name, "}")] = value
		case pattern[i] != value:
			return nil
		}
	}
	return arguments
}

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

	code  bool // a request may have code in it
	serve func(*call) (any, error)
}

// action is what policies call the operation: "Actions defined by AWS Lambda" in the service authorization reference.
func (o *Operation) action() string {
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
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	remove = http.MethodDelete

	all     = "/2015-03-31/functions"
	one     = all + "/{FunctionName}"
	tagging = "/2017-03-31/tags/{ARN}"
	signing = "/2020-04-22/code-signing-configs/"
	outcome = "/2019-09-25/functions/{FunctionName}/event-invoke-config"
	layers  = "/2018-10-31/layers"
	layer   = layers + "/{LayerName}/versions"
	sources = "/2015-03-31/event-source-mappings/"
	site    = "/2021-10-31/functions/{FunctionName}/url"
	running = "/2021-07-20/functions/{FunctionName}/runtime-management-config"
	ready   = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
)

// Operations are all of the service model, in its order.
func Operations() []Operation { return slices.Clone(operations) }

//nolint:gochecknoglobals // a table, which nobody changes
var operations = []Operation{
	refused("AddLayerVersionPermission", post, layer+"/{VersionNumber}/policy", http.StatusCreated, noLayers),
	served("AddPermission", post, one+"/policy", http.StatusCreated, (*call).addPermission),
	refused("CreateAlias", post, one+"/aliases", http.StatusCreated, noAliases),
	refused("CreateCodeSigningConfig", post, signing, http.StatusCreated, noSigning),
	refused("CreateEventSourceMapping", post, sources, http.StatusAccepted, noSources),
	withCode(served("CreateFunction", post, all, http.StatusCreated, (*call).create)),
	refused("CreateFunctionUrlConfig", post, site, http.StatusCreated, noURLs),
	none("DeleteAlias", remove, one+"/aliases/{Name}", http.StatusNoContent, absent),
	none("DeleteCodeSigningConfig", remove, signing+"{CodeSigningConfigArn}", http.StatusNoContent, absent),
	none("DeleteEventSourceMapping", remove, sources+"{UUID}", http.StatusAccepted, absent),
	served("DeleteFunction", remove, one, http.StatusNoContent, (*call).delete),
	none("DeleteFunctionCodeSigningConfig", remove, "/2020-06-30/functions/{FunctionName}/code-signing-config", http.StatusNoContent, absent),
	served("DeleteFunctionConcurrency", remove, "/2017-10-31/functions/{FunctionName}/concurrency", http.StatusNoContent, (*call).deleteConcurrency),
	none("DeleteFunctionEventInvokeConfig", remove, outcome, http.StatusNoContent, absent),
	none("DeleteFunctionUrlConfig", remove, site, http.StatusNoContent, absent),
	none("DeleteLayerVersion", remove, layer+"/{VersionNumber}", http.StatusNoContent, absent),
	none("DeleteProvisionedConcurrencyConfig", remove, ready, http.StatusNoContent, absent),
	refused("GetAccountSettings", get, "/2016-08-19/account-settings/", http.StatusOK, noAccount),
	none("GetAlias", get, one+"/aliases/{Name}", http.StatusOK, absent),
	none("GetCodeSigningConfig", get, signing+"{CodeSigningConfigArn}", http.StatusOK, absent),
	none("GetEventSourceMapping", get, sources+"{UUID}", http.StatusOK, absent),
	served("GetFunction", get, one, http.StatusOK, (*call).get),
	served("GetFunctionCodeSigningConfig", get, "/2020-06-30/functions/{FunctionName}/code-signing-config", http.StatusOK, (*call).getSigning),
	served("GetFunctionConcurrency", get, "/2019-09-30/functions/{FunctionName}/concurrency", http.StatusOK, (*call).getConcurrency),
	served("GetFunctionConfiguration", get, one+"/configuration", http.StatusOK, (*call).getConfiguration),
	none("GetFunctionEventInvokeConfig", get, outcome, http.StatusOK, absent),
	none("GetFunctionUrlConfig", get, site, http.StatusOK, absent),
	none("GetLayerVersion", get, layer+"/{VersionNumber}", http.StatusOK, absent),
	none("GetLayerVersionByArn", get, layers+"?find=LayerVersion", http.StatusOK, absent),
	none("GetLayerVersionPolicy", get, layer+"/{VersionNumber}/policy", http.StatusOK, absent),
	served("GetPolicy", get, one+"/policy", http.StatusOK, (*call).getPolicy),
	none("GetProvisionedConcurrencyConfig", get, ready, http.StatusOK, absent),
	refused("GetRuntimeManagementConfig", get, running, http.StatusOK, noRuntimes),
	{Name: invokeOperation, Method: post, Path: one + "/invocations"},
	refused("InvokeAsync", post, "/2014-11-13/functions/{FunctionName}/invoke-async/", http.StatusAccepted, "Invoke with the invocation type Event is"),
	refused("InvokeWithResponseStream", post, "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 0, noStreams),
	none("ListAliases", get, one+"/aliases", http.StatusOK, empty("Aliases")),
	none("ListCodeSigningConfigs", get, signing, http.StatusOK, empty("CodeSigningConfigs")),
	none("ListEventSourceMappings", get, sources, http.StatusOK, empty("EventSourceMappings")),
	none("ListFunctionEventInvokeConfigs", get, outcome+"/list", http.StatusOK, empty("FunctionEventInvokeConfigs")),
	none("ListFunctionUrlConfigs", get, site+"s", http.StatusOK, empty("FunctionUrlConfigs")),
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
	served("PutFunctionConcurrency", put, "/2017-10-31/functions/{FunctionName}/concurrency", http.StatusOK, (*call).putConcurrency),
	refused("PutFunctionEventInvokeConfig", put, outcome, http.StatusOK, noOutcomes),
	refused("PutProvisionedConcurrencyConfig", put, ready, http.StatusAccepted, noProvision),
	refused("PutRuntimeManagementConfig", put, running, http.StatusOK, noRuntimes),
	none("RemoveLayerVersionPermission", remove, layer+"/{VersionNumber}/policy/{StatementId}", http.StatusNoContent, absent),
	served("RemovePermission", remove, one+"/policy/{StatementId}", http.StatusNoContent, (*call).removePermission),
	served("TagResource", post, tagging, http.StatusNoContent, (*call).tag),
	served("UntagResource", remove, tagging, http.StatusNoContent, (*call).untag),
	none("UpdateAlias", put, one+"/aliases/{Name}", http.StatusOK, absent),
	none("UpdateCodeSigningConfig", put, signing+"{CodeSigningConfigArn}", http.StatusOK, absent),
	none("UpdateEventSourceMapping", put, sources+"{UUID}", http.StatusAccepted, absent),
	withCode(served("UpdateFunctionCode", put, one+"/code", http.StatusOK, (*call).updateCode)),
	served("UpdateFunctionConfiguration", put, one+"/configuration", http.StatusOK, (*call).updateConfiguration),
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

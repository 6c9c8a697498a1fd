package cloudformation

import "slices"

// functionProperties are all of AWS::Serverless::Function.
var functionProperties = []string{
	"Architectures", "AssumeRolePolicyDocument", "AutoPublishAlias", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256",
	"CapacityProviderConfig", "CodeSigningConfigArn", "CodeUri", "DeadLetterQueue", "DeploymentPreference", "Description",
	"DurableConfig", "Environment", "EphemeralStorage", "EventInvokeConfig", "Events", "FileSystemConfigs", "FunctionName",
	"FunctionScalingConfig", "FunctionUrlConfig", "Handler", "ImageConfig", "ImageUri", "InlineCode", "KmsKeyArn", "Layers",
	"LoggingConfig", "MemorySize", "PackageType", "PermissionsBoundary", "Policies", "PropagateTags",
	"ProvisionedConcurrencyConfig", "PublishToLatestPublished", "RecursiveLoop", "ReservedConcurrentExecutions", "Role",
	"RolePath", "Runtime", "RuntimeManagementConfig", "SnapStart", "SourceKMSKeyArn", "Tags", "TenancyConfig", "Timeout",
	"Tracing", "VersionDeletionPolicy", "VersionDescription", "VpcConfig",
}

// keptProperties are those that AWS::Lambda::Function has under the same name.
var keptProperties = []string{
	"Architectures", "CodeSigningConfigArn", "Description", "DurableConfig", "Environment", "EphemeralStorage", "FileSystemConfigs",
	"FunctionName", "FunctionScalingConfig", "Handler", "ImageConfig", "KmsKeyArn", "Layers", "LoggingConfig", "MemorySize", "PackageType",
	"PublishToLatestPublished", "RecursiveLoop", "ReservedConcurrentExecutions", "Runtime", "RuntimeManagementConfig", "SnapStart",
	"TenancyConfig", "Timeout", "VpcConfig",
}

// notRun are the properties that ask for what Gangway does not do.
var notRun = []struct{ property, note string }{
	{"AutoPublishAlias", "function %s: no versions are published, its alias is the function itself"},
	{"DeploymentPreference", "function %s: a new version takes over at once, without DeploymentPreference"},
	{"EventInvokeConfig", "function %s: EventInvokeConfig is not followed"},
	{"FunctionUrlConfig", "function %s: its URL is not served by Gangway"},
}

// function makes AWS::Lambda::Function and, where none is named, its role. Source: "AWS::Serverless::Function".
func (m *model) function() {
	m.known(functionProperties)
	d := m.source
	members := m.passed(keptProperties...)
	role := m.property("Role")
	if m.settled("Role") == nil {
		role = m.arnOf(d.id + "Role")
	}
	members = append(members, field("Code", m.code()), field("Role", role), field("Tags", m.functionTags()))
	if tracing := m.settled("Tracing"); tracing != nil && tracing.text != "Disabled" {
		members = append(members, field("TracingConfig", newObject(d.at, field("Mode", m.property("Tracing")))))
	}
	if queue := m.property("DeadLetterQueue").get("TargetArn"); queue != nil {
		members = append(members, field("DeadLetterConfig", newObject(d.at, field("TargetArn", queue))))
	}
	m.main("AWS::Lambda::Function", newObject(d.at, members...))
	if m.settled("Role") == nil {
		m.role()
	}
	for _, one := range notRun {
		if written := m.property(one.property); written != nil {
			m.note(written.at, one.note, d.id)
		}
	}
	if alias, ok := m.settled("AutoPublishAlias").scalar(); ok {
		for _, name := range []string{d.id + ".Alias", d.id + ".Version", d.id + "Alias" + alias} {
			m.aliases[name] = m.arnOf(d.id)
		}
	}
	m.events()
}

func (m *model) functionTags() *value { return m.tagList(m.settled("Tags"), "lambda:createdBy") }

// code is the property Code: a map as CloudFormation has it, or a path as there is before "aws cloudformation package".
func (m *model) code() *value {
	at := m.source.at
	packaged, _ := m.settled("PackageType").scalar()
	image := m.property("ImageUri")
	switch {
	case packaged == "Image" && image != nil:
		return newObject(at, field("ImageUri", image))
	case packaged == "Image":
		return nil
	case m.settled("InlineCode") != nil:
		return newObject(at, field("ZipFile", m.property("InlineCode")))
	case m.settled("CodeUri") != nil:
		return m.location("CodeUri")
	}
	m.fail(at, "one of CodeUri, InlineCode and ImageUri is needed")
	return nothing
}

// role makes the role that a function has unless it names one. What it permits is not known here.
func (m *model) role() {
	at := m.source.at
	trust := m.property("AssumeRolePolicyDocument")
	if trust == nil {
		trust = newObject(at, field("Version", m.text("2012-10-17")), field("Statement", newList(at, newObject(at,
			field("Action", newList(at, m.text("sts:AssumeRole"))),
			field("Effect", m.text("Allow")),
			field("Principal", newObject(at, field("Service", newList(at, m.text("lambda.amazonaws.com"))))),
		))))
	}
	managed := "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	if m.property("DurableConfig") != nil {
		managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicDurableExecutionRolePolicy"
	}
	m.extra(
		m.source.id+"Role", "AWS::IAM::Role", field("AssumeRolePolicyDocument", trust),
		field("ManagedPolicyArns", newList(at, m.text(managed))), field("Path", m.property("RolePath")),
		field("PermissionsBoundary", m.property("PermissionsBoundary")), field("Tags", m.functionTags()),
	)
}

// eventTypes are the types of events, in the order of the SAM developer guide.
var eventTypes = []string{
	"AlexaSkill", "Api", "CloudWatchEvent", "CloudWatchLogs", "Cognito", "DocumentDB", "DynamoDB", "EventBridgeRule", "HttpApi",
	"IoTRule", "Kinesis", "MQ", "MSK", "S3", "Schedule", "ScheduleV2", "SelfManagedKafka", "SNS", "SQS",
}

// events notes what would invoke the function on AWS. None of it is a WebSocket: routes name their functions.
func (m *model) events() {
	implicit := map[string]string{"Api": "ServerlessRestApi", "HttpApi": "ServerlessHttpApi"}
	for _, event := range m.settled("Events").entries() {
		kind, ok := event.value.get("Type").scalar()
		if !ok || !slices.Contains(eventTypes, kind) {
			m.fail(event.at, "there is no event type %q; the routes of a WebSocket API name their functions", kind)
			continue
		}
		m.note(event.at, "%s event %s of function %s is not run by Gangway", kind, event.key, m.source.id)
		api := implicit[kind]
		properties := event.value.get("Properties")
		if api == "" || properties.get("RestApiId") != nil || properties.get("ApiId") != nil {
			continue
		}
		made := func(d *declaration) bool { return d.id == api }
		if _, written := m.declared[api]; !written && !slices.ContainsFunc(m.made, made) {
			m.extra(api, "AWS::Serverless::"+kind)
		}
	}
}

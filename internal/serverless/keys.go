package serverless

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The settings that the framework has, by its own reference ("serverless.yml Reference"); a plugin may have more.
var (
	serviceKeys = strings.Fields(`app build configValidationMode console custom dashboard deprecationNotificationMode
		disabledDeprecations frameworkVersion functions layers licenseKey org outputs package params plugins projectDir
		provider resources service stages state useDotenv variablesResolutionMode`)
	providerKeys = strings.Fields(`alb apiGateway apiKeys apiName architecture cfnRole cloudFront deletionProtection
		deploymentBucket deploymentMethod deploymentPrefix disableRollback ecr endpointType environment eventBridge httpApi
		iam iamManagedPolicies iamRoleStatements kinesis kmsKeyArn lambdaHashingVersion layers logDataProtectionPolicy
		logRetentionInDays logs memorySize name notificationArns profile pruneFunctionVersions region resolver
		resourcePolicy role rolePermissionsBoundary rollbackConfiguration runtime runtimeManagement s3 stackName
		stackParameters stackPolicy stackTags stage tags timeout tracing usagePlan versionFunctions vpc vpcEndpointIds
		websocket websocketsApiName websocketsApiRouteSelectionExpression websocketsDescription`)
	functionKeys = strings.Fields(`architecture awsKmsKeyArn build condition dependsOn description destinations disableLogs
		durableConfig environment ephemeralStorageSize events fileSystemConfig handler httpApi image kmsKeyArn layers
		logDataProtectionPolicy logRetentionInDays logs maximumEventAge maximumRetryAttempts memorySize name onError
		package provisionedConcurrency recursiveLoop reservedConcurrency role runtime runtimeManagement snapStart tags
		timeout tracing url versionFunction vpc`)
	logKeys = []string{"accessLogging", "executionLogging", "format", "fullExecutionData", "level"}
)

// accountOnly are settings of the provider that mean something in an AWS account, and why they do not here.
var accountOnly = map[string]string{
	"iam": "functions run as the user who runs them", "iamRoleStatements": "functions run as the user who runs them",
	"iamManagedPolicies": "functions run as the user who runs them",
	"vpc":                "functions run in the network of this machine",
	"apiGateway":         "it is about REST APIs", "httpApi": "it is about HTTP APIs", "alb": "there is no load balancer",
	"cloudFront": "there is no CDN", "kmsKeyArn": "there are no keys to encrypt with", "tracing": "nothing is traced",
}

// functionsOnAWS are such settings of functions.
var functionsOnAWS = map[string]string{
	"vpc": "functions run in the network of this machine", "url": "functions have no URL of their own",
	"fileSystemConfig": "no file system is mounted", "destinations": "results of asynchronous calls go nowhere",
	"onError": "there is no dead-letter queue", "snapStart": "functions start when they are called",
	"provisionedConcurrency": "functions start when they are called", "durableConfig": "functions are not durable",
	"kmsKeyArn": "there are no keys to encrypt with", "tracing": "nothing is traced",
}

// unknown notes the settings that the framework does not have.
func (r *reader) unknown(section *yaml.Node, where string, known []string) {
	for key := range members(section) {
		if !contains(known, key.Value) {
			r.note(key, "%s has a setting %q that is not known%s", where, brief(key.Value), hint(key.Value, known))
		}
	}
}

// contains says whether a word is one of the known.
func contains(known []string, word string) bool { return slices.Contains(known, word) }

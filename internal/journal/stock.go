package journal

// The formats that API Gateway's console offers, with what a WebSocket API has in place of method, path and protocol:
// "CloudWatch log formats for API Gateway" in the developer guide.
const (
	FormatCLF = `$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] ` +
		`"$context.eventType $context.routeKey $context.connectionId" $context.status $context.requestId`
	FormatJSON = `{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","caller":"$context.identity.caller",` +
		`"user":"$context.identity.user","requestTime":"$context.requestTime","eventType":"$context.eventType",` +
		`"routeKey":"$context.routeKey","status":"$context.status","connectionId":"$context.connectionId"}`
	FormatXML = `<request id="$context.requestId"><ip>$context.identity.sourceIp</ip><caller>$context.identity.caller</caller>` +
		`<user>$context.identity.user</user><requestTime>$context.requestTime</requestTime>` +
		`<eventType>$context.eventType</eventType><routeKey>$context.routeKey</routeKey><status>$context.status</status>` +
		`<connectionId>$context.connectionId</connectionId></request>`
	FormatCSV = `$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,` +
		`$context.eventType,$context.routeKey,$context.status,$context.connectionId,$context.requestId`
)

"""A walk through the control plane: every operation that is served, with every parameter it has.

Source: the service models of botocore (apigatewayv2 2018-11-29, apigateway 2015-07-09); what a WebSocket API refuses is
from "Working with WebSocket APIs" in the API Gateway developer guide.
"""

V1, V2 = "apigateway", "apigatewayv2"
REFUSED, CONFLICT, MISSING = "BadRequestException", "ConflictException", "NotFoundException"

ACCOUNT = "000000000000"
ARN = "arn:aws:apigateway:us-east-1::/"
ROLE = "arn:aws:iam::%s:role/" % ACCOUNT
FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:%s:function:%s/invocations"
CERTIFICATE = "arn:aws:acm:us-east-1:%s:certificate/" % ACCOUNT
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:%s:loadbalancer/net/private/0123456789abcdef" % ACCOUNT
LOGS = "arn:aws:logs:us-east-1:%s:log-group:" % ACCOUNT
SCHEMA = '{"$schema":"http://json-schema.org/draft-04/schema#","type":"object","properties":{"text":{"type":"string"}}}'


class Step:
    """One call. <name> stands for what an earlier step has kept under that name."""

    def __init__(self, service, operation, arguments, keep=(), want=None, error=None, silent=()):
        self.service, self.operation, self.arguments = service, operation, arguments
        self.keep = dict(keep)  # name: member of the answer
        self.want = want or {}  # members of the answer
        self.error = error  # the exception there must be
        self.silent = set(silent)  # arguments that the answer shows otherwise, or not at all


def v1(operation, keep=(), want=None, error=None, silent=(), **arguments):
    return Step(V1, operation, arguments, keep, want, error, silent)


def v2(operation, keep=(), want=None, error=None, silent=(), **arguments):
    return Step(V2, operation, arguments, keep, want, error, silent)


def replace(path, value):
    return [{"op": "replace", "path": path, "value": value}]


def api(operation, keep=(), want=None, error=None, silent=(), **arguments):
    return v2(operation, keep, want, error, silent, ApiId="<api>", **arguments)


def refused(operation, **arguments):
    return v2(operation, error=REFUSED, **arguments)


account = [
    v1("UpdateAccount", patchOperations=replace("/cloudwatchRoleArn", ROLE + "logs"), want={"cloudwatchRoleArn": ROLE + "logs"}),
    v1("GetAccount", want={"cloudwatchRoleArn": ROLE + "logs"}),
    v1("GenerateClientCertificate", description="first", tags={"a": "1"}, keep={"certificate": "clientCertificateId"}),
    v1("GetClientCertificate", clientCertificateId="<certificate>"),
    v1("UpdateClientCertificate", clientCertificateId="<certificate>", patchOperations=replace("/description", "second"),
       want={"description": "second"}),
    v1("GetClientCertificate", clientCertificateId="<certificate>"),
    v1("GetClientCertificates", limit=10),
    v1("CreateVpcLink", name="first", description="first", targetArns=[BALANCER], tags={"a": "1"}, keep={"private": "id"}),
    v1("UpdateVpcLink", vpcLinkId="<private>", patchOperations=replace("/name", "second"), want={"name": "second", "description": "first"}),
    v1("GetVpcLink", vpcLinkId="<private>", want={"status": "AVAILABLE"}),
    v1("GetVpcLinks", limit=10),
]

apis = [
    v2("CreateApi", Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action",
       ApiKeySelectionExpression="$context.authorizer.usageIdentifierKey", Description="first", Version="1",
       DisableSchemaValidation=True, DisableExecuteApiEndpoint=True, IpAddressType="dualstack", Tags={"a": "1", "b": "2"},
       keep={"api": "ApiId"}),
    api("GetApi"),
    api("UpdateApi", Name="chat2", RouteSelectionExpression="$request.body.kind", Description="second", Version="2",
        ApiKeySelectionExpression="$request.header.x-api-key", DisableSchemaValidation=False, DisableExecuteApiEndpoint=False,
        IpAddressType="ipv4", silent=["DisableSchemaValidation"]),
    api("GetApi", want={"Tags": {"a": "1", "b": "2"}, "Name": "chat2"}),
    v2("GetApis", MaxResults="10"),
    api("DeleteCorsConfiguration"),
] + [
    refused(operation, **dict(arguments, **{member: value}))
    for operation, arguments in (
        ("CreateApi", dict(Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")),
        ("UpdateApi", dict(ApiId="<api>")),
    )
    for member, value in (
        ("CorsConfiguration", {"AllowOrigins": ["*"]}), ("CredentialsArn", ROLE + "a"), ("RouteKey", "$default"),
        ("Target", "https://example.com"),
    )
] + [
    refused("CreateApi", Name="a", ProtocolType="HTTP"),
    v2("GetApi", ApiId="abcdef1234", error=MISSING),
]

authorizers = [
    api("CreateAuthorizer", AuthorizerType="REQUEST", Name="door", AuthorizerUri=FUNCTION % (ACCOUNT, "door"),
        AuthorizerCredentialsArn=ROLE + "door", IdentitySource=["route.request.header.Auth"], IdentityValidationExpression="^x",
        keep={"authorizer": "AuthorizerId"}),
    api("GetAuthorizer", AuthorizerId="<authorizer>"),
    api("UpdateAuthorizer", AuthorizerId="<authorizer>", AuthorizerType="REQUEST", Name="door2", AuthorizerUri=FUNCTION % (ACCOUNT, "door2"),
        AuthorizerCredentialsArn=ROLE + "door2", IdentitySource=["route.request.querystring.token", "context.identity.sourceIp"],
        IdentityValidationExpression="^y"),
    api("GetAuthorizer", AuthorizerId="<authorizer>"),
    api("GetAuthorizers", MaxResults="10"),
] + [
    refused(operation, ApiId="<api>", **dict(arguments, **{member: value}))
    for operation, arguments in (
        ("CreateAuthorizer", dict(AuthorizerType="REQUEST", Name="a", IdentitySource=[], AuthorizerUri=FUNCTION % (ACCOUNT, "door"))),
        ("UpdateAuthorizer", dict(AuthorizerId="<authorizer>")),
    )
    for member, value in (
        ("AuthorizerPayloadFormatVersion", "2.0"), ("AuthorizerResultTtlInSeconds", 300), ("EnableSimpleResponses", True),
        ("JwtConfiguration", {"Issuer": "https://example.com"}),
    )
]

models = [
    api("CreateModel", Name="message", ContentType="application/json", Description="first", Schema=SCHEMA, keep={"model": "ModelId"}),
    api("GetModel", ModelId="<model>"),
    api("UpdateModel", ModelId="<model>", Name="message2", ContentType="application/vnd.x+json", Description="second",
        Schema='{"type":"object"}'),
    api("GetModel", ModelId="<model>"),
    api("GetModelTemplate", ModelId="<model>"),
    api("GetModels", MaxResults="10"),
    api("CreateModel", Name="message2", Schema="{}", error=CONFLICT),
]

integrations = [
    api("CreateIntegration", IntegrationType="HTTP", IntegrationMethod="POST", IntegrationUri="https://example.com/1",
        ConnectionType="VPC_LINK", ConnectionId="<private>", ContentHandlingStrategy="CONVERT_TO_TEXT", CredentialsArn=ROLE + "web",
        Description="first", PassthroughBehavior="WHEN_NO_TEMPLATES", PayloadFormatVersion="1.0", TimeoutInMillis=50,
        RequestParameters={"integration.request.header.a": "context.connectionId", "integration.request.querystring.b": "'x'"},
        RequestTemplates={"$default": "{}"}, TemplateSelectionExpression="$request.body.action", keep={"integration": "IntegrationId"}),
    api("GetIntegration", IntegrationId="<integration>"),
    api("UpdateIntegration", IntegrationId="<integration>", IntegrationType="HTTP", IntegrationMethod="PUT",
        IntegrationUri="https://example.com/2", ConnectionType="INTERNET", ConnectionId="", ContentHandlingStrategy="CONVERT_TO_BINARY",
        CredentialsArn=ROLE + "web2", Description="second", PassthroughBehavior="NEVER", PayloadFormatVersion="1.0", TimeoutInMillis=29000,
        RequestParameters={"integration.request.header.a": "context.stage", "integration.request.querystring.b": ""},
        RequestTemplates={"$default": "$input.body"}, TemplateSelectionExpression="\\$default",
        want={"RequestParameters": {"integration.request.header.a": "context.stage"}}, silent=["RequestParameters"]),
    api("GetIntegration", IntegrationId="<integration>"),
    api("GetIntegrations", MaxResults="10"),
    api("CreateIntegration", IntegrationType="MOCK", keep={"mock": "IntegrationId"}),
    api("CreateIntegration", IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION % (ACCOUNT, "chat"), want={"IntegrationMethod": "POST"},
        keep={"function": "IntegrationId"}),
    api("CreateIntegrationResponse", IntegrationId="<integration>", IntegrationResponseKey="$default",
        ContentHandlingStrategy="CONVERT_TO_TEXT", ResponseParameters={"route.response.header.a": "'x'"},
        ResponseTemplates={"$default": "{}"}, TemplateSelectionExpression="\\$default", keep={"answer": "IntegrationResponseId"}),
    api("GetIntegrationResponse", IntegrationId="<integration>", IntegrationResponseId="<answer>"),
    api("UpdateIntegrationResponse", IntegrationId="<integration>", IntegrationResponseId="<answer>", IntegrationResponseKey="/2\\d\\d/",
        ContentHandlingStrategy="CONVERT_TO_BINARY", ResponseParameters={"route.response.header.a": "'y'"},
        ResponseTemplates={"$default": "$input.body"}, TemplateSelectionExpression="$request.body.action"),
    api("GetIntegrationResponse", IntegrationId="<integration>", IntegrationResponseId="<answer>"),
    api("GetIntegrationResponses", IntegrationId="<integration>", MaxResults="10"),
] + [
    refused(operation, ApiId="<api>", **dict(arguments, **{member: value}))
    for operation, arguments in (
        ("CreateIntegration", dict(IntegrationType="MOCK")),
        ("UpdateIntegration", dict(IntegrationId="<mock>")),
    )
    for member, value in (
        ("IntegrationSubtype", "SQS-SendMessage"), ("TlsConfig", {"ServerNameToVerify": "example.com"}),
        ("ResponseParameters", {"200": {"overwrite:statuscode": "201"}}),
    )
]

routes = [
    api("CreateRoute", RouteKey="$connect", AuthorizationType="CUSTOM", AuthorizerId="<authorizer>", ApiKeyRequired=True,
        OperationName="enter", Target="integrations/<function>", AuthorizationScopes=[],
        RequestParameters={"route.request.header.a": {"Required": True}, "route.request.querystring.b c/d": {"Required": False}},
        silent=["AuthorizationScopes"], keep={"connect": "RouteId"}),
    api("GetRoute", RouteId="<connect>"),
    api("DeleteRouteRequestParameter", RouteId="<connect>", RequestParameterKey="route.request.querystring.b c/d"),
    api("UpdateRoute", RouteId="<connect>", AuthorizationType="NONE", AuthorizerId="", ApiKeyRequired=False, OperationName="come in",
        RequestParameters={"route.request.header.a": {"Required": False}}, AuthorizationScopes=[], silent=["AuthorizationScopes"],
        want={"RequestParameters": {"route.request.header.a": {"Required": False}}}),
    api("GetRoute", RouteId="<connect>"),
    api("CreateRoute", RouteKey="room/say it", ModelSelectionExpression="$request.body.action", RequestModels={"say": "message2"},
        RouteResponseSelectionExpression="$default", Target="integrations/<mock>", keep={"route": "RouteId"}),
    api("UpdateRoute", RouteId="<route>", RouteKey="say", ModelSelectionExpression="$default", RequestModels={"$default": "message2", "say": ""},
        RouteResponseSelectionExpression="$default", Target="integrations/<integration>", silent=["RequestModels"],
        want={"RequestModels": {"$default": "message2"}}),
    api("GetRoute", RouteId="<route>"),
    api("GetRoutes", MaxResults="10"),
    api("CreateRoute", RouteKey="say", error=CONFLICT),
    api("CreateRouteResponse", RouteId="<route>", RouteResponseKey="$default", ModelSelectionExpression="$default",
        ResponseModels={"$default": "message2"}, ResponseParameters={"route.response.header.a": {"Required": True}},
        keep={"reply": "RouteResponseId"}),
    api("GetRouteResponse", RouteId="<route>", RouteResponseId="<reply>"),
    api("UpdateRouteResponse", RouteId="<route>", RouteResponseId="<reply>", RouteResponseKey="$default",
        ModelSelectionExpression="$request.body.action", ResponseModels={"$default": "message2"},
        ResponseParameters={"route.response.header.a": {"Required": False}}),
    api("GetRouteResponse", RouteId="<route>", RouteResponseId="<reply>"),
    api("GetRouteResponses", RouteId="<route>", MaxResults="10"),
    api("DeleteModel", ModelId="<model>", error=CONFLICT),
    api("DeleteIntegration", IntegrationId="<integration>", error=CONFLICT),
]

SETTINGS = dict(DataTraceEnabled=True, DetailedMetricsEnabled=True, LoggingLevel="INFO", ThrottlingBurstLimit=10, ThrottlingRateLimit=2.5)
LOGGED = {"DestinationArn": LOGS + "chat", "Format": "$context.requestId"}

stages = [
    api("CreateStage", StageName="prod", Description="first", ClientCertificateId="<certificate>", AutoDeploy=False,
        AccessLogSettings=LOGGED, DefaultRouteSettings=SETTINGS, RouteSettings={"$connect": SETTINGS, "say": {"ThrottlingBurstLimit": 1}},
        StageVariables={"color": "red", "gone": "soon"}, Tags={"a": "1"}, silent=["AutoDeploy"]),
    api("CreateDeployment", Description="first", StageName="prod", silent=["StageName"], want={"DeploymentStatus": "DEPLOYED"},
        keep={"deployment": "DeploymentId"}),
    api("GetDeployment", DeploymentId="<deployment>"),
    api("UpdateDeployment", DeploymentId="<deployment>", Description="second"),
    api("GetDeployment", DeploymentId="<deployment>"),
    api("GetDeployments", MaxResults="10"),
    api("GetStage", StageName="prod", want={"DeploymentId": "<deployment>", "Tags": {"a": "1"}}),
    api("DeleteRouteSettings", StageName="prod", RouteKey="$connect"),
    api("DeleteAccessLogSettings", StageName="prod"),
    api("UpdateStage", StageName="prod", Description="second", ClientCertificateId="", AutoDeploy=False, DeploymentId="<deployment>",
        AccessLogSettings=dict(LOGGED, Format="$context.extendedRequestId"), DefaultRouteSettings=dict(SETTINGS, LoggingLevel="ERROR"),
        RouteSettings={"say": {"ThrottlingBurstLimit": 2}}, StageVariables={"color": "blue", "gone": ""},
        silent=["AutoDeploy", "StageVariables"], want={"StageVariables": {"color": "blue"}}),
    api("GetStage", StageName="prod"),
    api("CreateStage", StageName="test", DeploymentId="<deployment>"),
    api("GetStages", MaxResults="10"),
    api("ResetAuthorizersCache", StageName="prod"),
    api("CreateStage", StageName="prod", error=CONFLICT),
    api("DeleteDeployment", DeploymentId="<deployment>", error=REFUSED),
]


def domain(certificate, address):
    return [{"CertificateArn": CERTIFICATE + certificate, "CertificateName": certificate, "EndpointType": "REGIONAL",
             "SecurityPolicy": "TLS_1_2", "IpAddressType": address, "OwnershipVerificationCertificateArn": CERTIFICATE + "owner"}]


NAME = "ws.example.com"

domains = [
    v2("CreateDomainName", DomainName=NAME, DomainNameConfigurations=domain("1", "ipv4"), RoutingMode="API_MAPPING_ONLY",
       MutualTlsAuthentication={"TruststoreUri": "s3://bucket/1", "TruststoreVersion": "1"}, Tags={"a": "1"}),
    v2("GetDomainName", DomainName=NAME),
    v2("UpdateDomainName", DomainName=NAME, DomainNameConfigurations=domain("2", "dualstack"), RoutingMode="ROUTING_RULE_THEN_API_MAPPING",
       MutualTlsAuthentication={"TruststoreUri": "s3://bucket/2", "TruststoreVersion": "2"}),
    v2("GetDomainName", DomainName=NAME, want={"Tags": {"a": "1"}}),
    v2("GetDomainNames", MaxResults="10"),
    v2("CreateDomainName", DomainName=NAME, DomainNameConfigurations=domain("1", "ipv4"), error=REFUSED),
    api("CreateApiMapping", DomainName=NAME, Stage="prod", ApiMappingKey="v1", keep={"mapping": "ApiMappingId"}),
    v2("GetApiMapping", DomainName=NAME, ApiMappingId="<mapping>"),
    api("UpdateApiMapping", DomainName=NAME, ApiMappingId="<mapping>", Stage="test", ApiMappingKey=""),
    v2("GetApiMapping", DomainName=NAME, ApiMappingId="<mapping>"),
    v2("GetApiMappings", DomainName=NAME, MaxResults="10"),
    api("CreateApiMapping", DomainName=NAME, Stage="prod", error=CONFLICT),
    v2("ListRoutingRules", DomainName=NAME, DomainNameId="abcdef", MaxResults=10, want={"RoutingRules": []}),
    api("DeleteApi", error=REFUSED),
]

links = [
    v2("CreateVpcLink", Name="first", SubnetIds=["subnet-1"], SecurityGroupIds=["sg-1"], Tags={"a": "1"}, keep={"link": "VpcLinkId"}),
    v2("GetVpcLink", VpcLinkId="<link>"),
    v2("UpdateVpcLink", VpcLinkId="<link>", Name="second"),
    v2("GetVpcLink", VpcLinkId="<link>", want={"VpcLinkStatus": "AVAILABLE", "Tags": {"a": "1"}}),
    v2("GetVpcLinks", MaxResults="10"),
]

tags = [
    step
    for path in ("apis/<api>", "apis/<api>/stages/prod", "domainnames/" + NAME, "vpclinks/<link>")
    for step in (
        v2("TagResource", ResourceArn=ARN + path, Tags={"b": "two", "c": "three"}),
        v2("UntagResource", ResourceArn=ARN + path, TagKeys=["a", "c"]),
        v2("GetTags", ResourceArn=ARN + path, want={"Tags": {"b": "two"}}),
    )
]

keys = [
    v1("CreateApiKey", name="first", description="first", enabled=True, generateDistinctId=True, value="a value of twenty characters",
       stageKeys=[{"restApiId": "<api>", "stageName": "prod"}], customerId="c1", tags={"a": "1"}, silent=["generateDistinctId", "stageKeys"],
       want={"stageKeys": ["<api>/prod"]}, keep={"key": "id"}),
    v1("GetApiKey", apiKey="<key>", includeValue=True, want={"value": "a value of twenty characters"}),
    v1("UpdateApiKey", apiKey="<key>", want={"enabled": False, "name": "second"},
       patchOperations=replace("/enabled", "false") + replace("/name", "second")),
    v1("GetApiKey", apiKey="<key>", want={"name": "second"}),
    v1("GetApiKeys", nameQuery="sec", customerId="c1", includeValues=True, limit=10),
    v1("CreateApiKey", value="a value of twenty characters", error=CONFLICT),
    v1("CreateUsagePlan", name="first", description="first", throttle={"burstLimit": 5, "rateLimit": 2.5},
       quota={"limit": 100, "offset": 2, "period": "WEEK"}, tags={"a": "1"},
       apiStages=[{"apiId": "<api>", "stage": "prod", "throttle": {"/say/GET": {"burstLimit": 1, "rateLimit": 0.5}}}], keep={"plan": "id"}),
    v1("GetUsagePlan", usagePlanId="<plan>"),
    v1("UpdateUsagePlan", usagePlanId="<plan>", want={"name": "second", "throttle": {"burstLimit": 5, "rateLimit": 7.5}},
       patchOperations=replace("/name", "second") + replace("/throttle/rateLimit", "7.5")
       + [{"op": "add", "path": "/apiStages", "value": "<api>:test"}, {"op": "remove", "path": "/apiStages", "value": "<api>:prod"}]),
    v1("GetUsagePlan", usagePlanId="<plan>", want={"apiStages": [{"apiId": "<api>", "stage": "test"}]}),
    v1("CreateUsagePlanKey", usagePlanId="<plan>", keyId="<key>", keyType="API_KEY", want={"id": "<key>", "type": "API_KEY", "name": "second"}),
    v1("GetUsagePlanKey", usagePlanId="<plan>", keyId="<key>"),
    v1("GetUsagePlanKeys", usagePlanId="<plan>", nameQuery="sec", limit=10),
    v1("GetUsagePlans", keyId="<key>", limit=10),
    v1("UpdateUsage", usagePlanId="<plan>", keyId="<key>", patchOperations=replace("/remaining", "50")),
    v1("GetUsage", usagePlanId="<plan>", keyId="<key>", startDate="<today>", endDate="<today>", limit=10, want={"items": {"<key>": [[0, 50]]}}),
    v1("DeleteUsagePlan", usagePlanId="<plan>", error=REFUSED),
    v1("ImportApiKeys", body=b"Name,key,description,Enabled,usageplanIds\nthird,the value of the third key,third,TRUE,<plan>\n", format="csv",
       failOnWarnings=True, keep={"third": "ids.0"}),
    v1("GetUsagePlanKey", usagePlanId="<plan>", keyId="<third>", want={"name": "third"}),
] + [
    step
    for path in ("apikeys/<key>", "usageplans/<plan>", "clientcertificates/<certificate>", "vpclinks/<private>")
    for step in (
        v1("TagResource", resourceArn=ARN + path, tags={"b": "two", "c": "three"}),
        v1("UntagResource", resourceArn=ARN + path, tagKeys=["a", "c"]),
        v1("GetTags", resourceArn=ARN + path, position="", limit=10, want={"tags": {"b": "two"}}),
    )
]

end = [
    v1("UpdateUsagePlan", usagePlanId="<plan>", patchOperations=[{"op": "remove", "path": "/apiStages", "value": "<api>:test"}]),
    v1("DeleteUsagePlanKey", usagePlanId="<plan>", keyId="<key>"),
    v1("DeleteUsagePlan", usagePlanId="<plan>"),
    v1("DeleteApiKey", apiKey="<key>"),
    v1("DeleteApiKey", apiKey="<third>"),
    v1("GetApiKey", apiKey="<key>", error=MISSING),
    v2("DeleteApiMapping", DomainName=NAME, ApiMappingId="<mapping>"),
    v2("DeleteDomainName", DomainName=NAME),
    v2("DeleteVpcLink", VpcLinkId="<link>"),
    v2("GetVpcLink", VpcLinkId="<link>", error=MISSING),
    api("DeleteStage", StageName="prod"),
    api("DeleteStage", StageName="test"),
    api("DeleteDeployment", DeploymentId="<deployment>"),
    api("DeleteRouteResponse", RouteId="<route>", RouteResponseId="<reply>"),
    api("DeleteRoute", RouteId="<route>"),
    api("DeleteIntegrationResponse", IntegrationId="<integration>", IntegrationResponseId="<answer>"),
    api("DeleteIntegration", IntegrationId="<integration>"),
    api("DeleteAuthorizer", AuthorizerId="<authorizer>"),
    api("DeleteModel", ModelId="<model>"),
    api("DeleteApi"),
    api("GetRoute", RouteId="<connect>", error=MISSING),
    v1("DeleteClientCertificate", clientCertificateId="<certificate>"),
    v1("DeleteVpcLink", vpcLinkId="<private>"),
    v1("UpdateAccount", patchOperations=replace("/cloudwatchRoleArn", "")),
]

STEPS = account + apis + authorizers + models + integrations + routes + stages + domains + links + tags + keys + end

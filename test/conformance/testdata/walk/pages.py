"""Lists objects page by page with a real client, and wants each of them once.

Usage: pages.py boto3|cli < OPERATIONS, as walk.py.
"""

from botocore import xform_name

from clients import CLIENTS, Boto3, fault, main, model
from steps import BALANCER, CERTIFICATE, FUNCTION, ACCOUNT, V1, V2

MANY = 3


class Estate:
    """A few of everything that can be listed."""

    def __init__(self, client):
        self.client = client
        self.api = self.many(V2, "CreateApi", ProtocolType="WEBSOCKET", RouteSelectionExpression="x", Name="{}")["ApiId"]
        self.in_api("CreateAuthorizer", AuthorizerType="REQUEST", Name="{}", IdentitySource=[], AuthorizerUri=FUNCTION % (ACCOUNT, "x"))
        self.in_api("CreateModel", Name="model{}", Schema="{{}}")
        self.integration = self.in_api("CreateIntegration", IntegrationType="MOCK", Description="{}")["IntegrationId"]
        self.in_api("CreateIntegrationResponse", IntegrationId=self.integration, IntegrationResponseKey="/40{}/")
        self.route = self.in_api("CreateRoute", RouteKey="{}")["RouteId"]
        client.call(V2, "CreateRouteResponse", dict(ApiId=self.api, RouteId=self.route, RouteResponseKey="$default"))
        self.in_api("CreateDeployment", Description="{}")
        self.in_api("CreateStage", StageName="s{}")
        self.domain = self.many(V2, "CreateDomainName", DomainName="{}.example.com",
                                DomainNameConfigurations=[{"CertificateArn": CERTIFICATE + "1"}])["DomainName"]
        self.in_api("CreateApiMapping", DomainName=self.domain, Stage="s1", ApiMappingKey="m{}")
        self.many(V2, "CreateVpcLink", Name="{}", SubnetIds=["subnet-1"])
        self.many(V1, "GenerateClientCertificate", description="{}")
        self.many(V1, "CreateVpcLink", name="{}", targetArns=[BALANCER])
        quota = {"limit": 10, "period": "DAY"}
        plans = [client.call(V1, "CreateUsagePlan", dict(name=str(i), quota=quota)) for i in range(MANY)]
        self.plan = plans[0]["id"]
        for i in range(MANY):
            self.key = client.call(V1, "CreateApiKey", dict(name=str(i)))["id"]
            client.call(V1, "CreateUsagePlanKey", dict(usagePlanId=self.plan, keyId=self.key, keyType="API_KEY"))

    def many(self, service, operation, **arguments):
        """The last of several objects; {} stands for their number."""
        for i in range(MANY):
            filled = {name: value.format(i) if isinstance(value, str) else value for name, value in arguments.items()}
            made = self.client.call(service, operation, filled)
        return made

    def in_api(self, operation, **arguments):
        return self.many(V2, operation, ApiId=self.api, **arguments)

    def lists(self):
        """What to list: operation, arguments, the member that tells objects apart, and how many there are."""
        api = dict(ApiId=self.api)
        days = dict(usagePlanId=self.plan, startDate="2026-01-01", endDate="2026-01-02")
        return [
            ((V2, "GetApis"), {}, "ApiId", MANY),
            ((V2, "GetAuthorizers"), api, "AuthorizerId", MANY),
            ((V2, "GetModels"), api, "ModelId", MANY),
            ((V2, "GetIntegrations"), api, "IntegrationId", MANY),
            ((V2, "GetIntegrationResponses"), dict(api, IntegrationId=self.integration), "IntegrationResponseId", MANY),
            ((V2, "GetRoutes"), api, "RouteId", MANY),
            ((V2, "GetRouteResponses"), dict(api, RouteId=self.route), "RouteResponseId", 1),
            ((V2, "GetDeployments"), api, "DeploymentId", MANY),
            ((V2, "GetStages"), api, "StageName", MANY),
            ((V2, "GetDomainNames"), {}, "DomainName", MANY),
            ((V2, "GetApiMappings"), dict(DomainName=self.domain), "ApiMappingId", MANY),
            ((V2, "ListRoutingRules"), dict(DomainName=self.domain), "RoutingRuleId", 0),
            ((V2, "GetVpcLinks"), {}, "VpcLinkId", MANY),
            ((V1, "GetApiKeys"), {}, "id", MANY),
            ((V1, "GetClientCertificates"), {}, "clientCertificateId", MANY),
            ((V1, "GetUsagePlans"), {}, "id", MANY),
            ((V1, "GetUsagePlanKeys"), dict(usagePlanId=self.plan), "id", MANY),
            ((V1, "GetUsagePlanKeys"), dict(usagePlanId=self.plan, nameQuery="1"), "id", 1),
            ((V1, "GetUsage"), days, None, MANY),
            ((V1, "GetUsage"), dict(days, keyId=self.key), None, 1),
            ((V1, "GetVpcLinks"), {}, "id", MANY),
        ]


# Lists that have no pages, whatever the service model says.
WHOLE = {(V1, "GetTags")}


def items(page, member):
    """What tells apart the objects of a page; GetUsage has an object with a member for each."""
    found = next(page[name] for name in ("Items", "items", "RoutingRules") if name in page)
    return list(found) if member is None else [one[member] for one in found]


def turned(client, service, operation, arguments, size):
    """The pages of a list, turned by hand."""
    limit, token = ("MaxResults", "NextToken") if service == V2 else ("limit", "position")
    members = model(service, operation).input_shape.members
    arguments = dict(arguments, **{limit: str(size) if members[limit].type_name == "string" else size})
    while True:
        page = client.call(service, operation, arguments)
        yield page
        if not page.get(token):
            return
        arguments[token] = page[token]


def check_list(client, at, arguments, member, count):
    """The size of a page must not change what a list has, nor may the way in which pages are turned."""
    whole = items(client.call(*at, arguments), member)
    if len(set(whole)) != count or len(whole) != count:
        fault("%s: %s, expected %d", at[1], whole, count)
    ways = [turned]
    merges = member is not None or isinstance(client, Boto3)  # the CLI puts lists together, and of objects shows the first
    if merges and CLIENTS[at[0]].can_paginate(xform_name(at[1])):
        ways.append(lambda client, *rest: client.pages(*rest))
    for way in ways:
        for size in (1, 2):
            pages = [items(page, member) for page in way(client, *at, arguments, size)]
            found = sum(pages, [])
            if member is None:  # in no order
                found, whole = sorted(found), sorted(whole)
            if found != whole or way is turned and (any(len(page) > size for page in pages) or pages[1:] and not all(pages)):
                fault("%s: pages of %d are %s, expected %s", at[1], size, pages, whole)


def run(client, operations):
    lists = Estate(client).lists()
    for operation in operations:
        at = operation["service"], operation["name"]
        if operation["excuse"] or at[0] not in CLIENTS or at in WHOLE:
            continue
        shape = model(*at).input_shape
        if shape and {"NextToken", "position"} & set(shape.members) and at not in {one[0] for one in lists}:
            fault("%s of %s has pages, and is not looked at", at[1], at[0])
    for at, arguments, member, count in lists:
        check_list(client, at, arguments, member, count)
    print("%d lists read page by page" % len(lists))


main(run)

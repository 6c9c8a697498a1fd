// Package serverless reads a Serverless Framework service and says which CloudFormation template it stands for.
//
// A serverless.yml of version 3 (and of osls, its MIT-licensed continuation; of version 4 what is the same) lists
// functions, and each function lists the events that call it. [Read] takes those of the kind websocket and makes the
// resources that the framework's own `package` command makes: WebsocketsApi, a LambdaFunction, a WebsocketsIntegration
// and permissions for each function, a WebsocketsRoute for each event, authorizers, a deployment and the stage
// WebsocketsDeploymentStage, all by the framework's logical ids, so that a template in `resources` may refer to them.
// Events of any other kind, and settings that mean something in an AWS account only, are left out with a note.
//
// Where the framework uploads an archive, the template says the folder of the service (or `package.artifact`) as a plain
// path, as templates look before `aws cloudformation package`. Function versions, the deployment bucket and what the
// framework needs for itself are not made.
//
// Variables are resolved when something asks for them, so that a value which only an account knows does no harm in a part
// that is not used: ${self:…}, ${opt:…}, ${sls:…}, ${env:…}, ${param:…}, ${file(…):…}, ${strToBool(…)} and ${aws:…}, with
// fallbacks and variables within variables. What lies in an account (${ssm:…}, ${cf:…}, ${s3:…}) must be given in
// [Options.Values]. JavaScript is never run.
//
// The nodes of [Service.Template] carry the lines of serverless.yml, so what is found wrong later still points there;
// what came from another file points to the place that asked for it.
//
// The package knows the framework, and nothing of gateways: whether a route is right is for others to say.
package serverless

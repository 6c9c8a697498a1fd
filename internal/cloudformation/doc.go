// Package cloudformation reads templates of AWS CloudFormation and of the AWS Serverless Application Model (SAM), also those
// that the CDK synthesises, and gives their resources with everything known resolved, each after all that it refers to.
//
//	template, err := cloudformation.Read("template.yaml", ".", text, cloudformation.Options{Region: "eu-west-1"})
//	for _, resource := range template.Resources {
//		properties, err := resource.Properties(values) // values knows the resources that are made already
//	}
//
// It deploys nothing and reads no file but the manifest of [Assembly], what [ReadFile] is asked for, and by Options.ReadFile the templates
// of nested stacks, which become a part of the one that has them. What a resource is, which properties its type has and
// what Ref and Fn::GetAtt of it are is for the caller to know; here a type is a text.
//
// # Templates
//
// JSON, and YAML 1.1 as the CloudFormation user guide has it, with anchors and merge keys. yes, no, on and off are booleans;
// a date is a text; what is no plain decimal number (an account id with a zero in front, hexadecimal) is a text, too. A
// template has at most 1 MB, and what it grows to through aliases, loops and texts within texts is limited.
//
// All functions of the template reference but Fn::Transform are known, in their long and short forms; those of the
// AWS::LanguageExtensions transform, with Fn::ForEach, where the template names it. Only the branch of Fn::If that is taken is looked
// at. Rules and hooks are ignored. Macros are refused.
//
// A parameter that names something elsewhere (AWS::SSM::Parameter::Value<…>) has the value it is given: nothing is looked up, and
// neither is a dynamic reference ({{resolve:ssm:…}}), which is passed on as it stands. [Template.Notes] say so.
//
// # Values
//
// [Resource.Properties] gives string, bool, int64, float64, []any and map[string]any. As in CloudFormation the type of a
// scalar says little: a Ref of a parameter of type Number is a text, and so is a number whose digits would be lost
// (1.10, 12345678901234567890). The caller converts to what the property's type wants.
//
// # SAM
//
// AWS::Serverless::Function, WebSocketApi, SimpleTable and LayerVersion become the resources, with the logical ids, that AWS
// makes of them; other types pass through as they are. What differs: a path on this machine is let through as the Code of
// a function, as it is before "aws cloudformation package"; a layer keeps its logical id, without the hash of its
// properties; the condition of a WebSocketApi holds for all that is made of it (aws-sam-translator 1.110 forgets it); policies of
// roles are left out; nothing is published, so that the alias of AutoPublishAlias is the function itself.
// [Template.Notes] say what of a function Gangway does not run.
//
// # Mistakes
//
// Read goes on after a mistake and joins all that it finds: each is an [*Error] with the place in the file, the resource and the
// property.
package cloudformation

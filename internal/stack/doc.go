// Package stack brings a control plane to what a CloudFormation template says, as CloudFormation would: what is missing is
// created, what differs is changed in place or replaced, what the template no longer has is deleted.
//
// [Stack.Plan] reads what there is and decides; it changes nothing, and finds as many mistakes of a template as it can, all
// at once. [Stack.Apply] does what was planned, one call of the control plane after the other, and keeps in a file what it
// has made, after each step: an attempt that fails is gone on with by the next. [Stack.Remove] deletes everything, and what it
// could not delete is still in that file.
//
// What is compared are the live objects and the template's properties, and only those which it names: what was changed behind
// our back is brought back, what was deleted is made again, and what somebody else has made is let alone. A property that
// the template named before and names no longer goes back to its default. Objects are found by the state file; where that is
// lost, by the tag [OwnerTag], and below an API by what only one of its objects can have, such as a route key.
//
// What stands below an object that the stack has not made is adopted by no other way than the state file: a mapping of
// somebody else's domain is a conflict, as it is to CloudFormation. What has DeletionPolicy or UpdateReplacePolicy Retain is
// left where it is and forgotten; its tag stays, so that the resource finds it if it comes back.
//
// It knows the resource types of API Gateway that Gangway serves (kinds.go is the table of them), AWS::Lambda::Function as
// something for others to run, and the names and ARNs that resources of other services would have. It knows the control plane
// only by its public operations, and of templates only what package cloudformation tells: conditions, intrinsic functions
// and parameters are evaluated there. It starts no function and calls no other service.
//
// Two things differ from CloudFormation, because this is for developers. A deployment is made anew whenever anything has
// changed of what it froze: CloudFormation makes one once, and a changed route is then served by nobody until the template
// names another deployment. And an object that has got another logical id, or another's route key, is taken over, where
// CloudFormation would refuse to make a second one.
package stack

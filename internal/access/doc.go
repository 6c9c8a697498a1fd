// Package access says who may call, and what each caller may do.
//
// A caller is named by the access key that a request was signed with. There are two kinds:
//
//   - the root of the account, arn:aws:iam::{account}:root, which has no policy and may do everything, and
//   - the holder of a credential, arn:aws:iam::{account}:user/{name}, which may do what the credential's policy allows.
//
// [Callers] knows them all: it finds the secret of a key for a [gangway/internal/sigv4.Verifier], and the [Caller] once the
// signature has been found right. [Caller.Authorize] asks the policy; [Facts] are the condition keys that a request has of
// itself, to which a caller adds those of its own. A refusal is a [DeniedError].
//
// Nobody is let in for want of knowledge: a caller whose policy cannot be read is known and may do nothing, a credential
// without a secret is not known, and an access key id that two credentials have is nobody's.
//
// The package does not know how credentials are stored, made or rotated (it is given all of them, again at each change),
// how signatures are verified, or which actions and resources there are.
package access

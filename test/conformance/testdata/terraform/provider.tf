# Nothing here says that this is not AWS: endpoints and credentials come from the environment, as `gangway env` prints it.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

# The second apply changes nearly every member, and takes away what can be taken away.
variable "changed" {
  type    = bool
  default = false
}

# What is imported is not replaced at once: Terraform keeps no triggers of a deployment that it has not made.
variable "imported" {
  type    = bool
  default = false
}

locals {
  invocations = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function"
  certificate = "arn:aws:acm:us-east-1:000000000000:certificate"
}

"""A SAM template as CloudFormation gets it: each `AWS::Serverless::*` as the resources that SAM makes of it."""

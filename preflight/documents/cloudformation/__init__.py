"""CloudFormation templates, SAM templates and the output of the CDK, read as plans.

The reading is our own: cfn-lint, whose templates could be resolved too, keeps no shape of what it cannot resolve, and
has a large part of its data loaded first.
"""

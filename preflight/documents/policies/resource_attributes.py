"""The attributes that a resource in a CloudFormation template may have."""

ATTRIBUTES = ("Type", "Properties", "Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata",
              "UpdatePolicy", "UpdateReplacePolicy", "Version", "Connectors", "IgnoreGlobals")  # fmt: skip
"""CloudFormation's attributes, the version of a custom resource, and SAM's.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html"""

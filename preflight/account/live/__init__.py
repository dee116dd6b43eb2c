"""Facts read from AWS with boto3: the only modules that call it, besides `preflight.create`."""

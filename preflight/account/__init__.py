"""Facts about an AWS account behind one small protocol: from a snapshot file, or live by boto3."""

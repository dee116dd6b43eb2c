"""What of the resources in Terraform's own files may hold a policy, or grants access without one."""

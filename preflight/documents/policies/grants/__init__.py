"""Resources that grant access without a policy document, in templates, plans and state."""

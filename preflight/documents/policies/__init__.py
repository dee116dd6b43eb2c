"""The policies that files hold: policy documents themselves, and those inside templates, plans and snapshots."""

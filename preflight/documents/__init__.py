"""Reading what the user has: JSON and YAML with positions, policies, requests and plans."""

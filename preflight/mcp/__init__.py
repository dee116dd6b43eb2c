"""`preflight mcp`: what preflight answers, as read-only tools of the Model Context Protocol (extra `[mcp]`)."""

"""`preflight server`: the Language Server Protocol, for editors (extra `[lsp]`)."""

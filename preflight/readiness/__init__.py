"""Is a plan going to work? One module per question that a plan is asked."""

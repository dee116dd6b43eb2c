"""Who may do what in one account: its principals with their policies, and decisions that are made once for many."""

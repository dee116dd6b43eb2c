"""The policy language itself: ARNs, patterns, policies, conditions, variables, the decision and its explanation.

Pure: no I/O, no AWS library, no rules.
"""

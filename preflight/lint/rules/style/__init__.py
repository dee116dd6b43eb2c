"""IAM3xx: what is redundant, superseded or hard to read?"""

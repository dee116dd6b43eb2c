"""IAM2xx: what is granted, and to whom?"""

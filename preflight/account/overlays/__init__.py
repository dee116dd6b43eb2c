"""Facts laid over an account's: policies that are not attached yet, what earlier requests of a plan create."""

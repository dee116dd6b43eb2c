"""The command line: options, exit codes and printing, and nothing else."""

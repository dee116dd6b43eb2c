"""`python -m benchmarks` runs all benchmarks; `python -m benchmarks startup` runs one."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

HELPERS = {"__main__", "timing"}


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in HELPERS]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are {', '.join(known)}")
    for name in names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}")
        module.main()


if __name__ == "__main__":
    main(sys.argv[1:])

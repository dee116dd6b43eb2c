"""botocore's data files, read in half the time: a check opens a dozen clients and lives for a few seconds.

botocore opens every directory of its data to learn which services have a sort of file, once for each sort, and reads
JSON into `OrderedDict`, as which any `dict` has served since Python 3.7. Its loader lets both be replaced.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session


def with_fast_loader(session: Session) -> Session:
    """Give a botocore session a loader that looks where its usual one would look; returns the session.

    Sessions that look in the same places share one, and so what it has read: an audit opens one for each account.
    """
    session.register_component("data_loader", _loader(tuple(session.get_component("data_loader").search_paths)))
    return session


@cache
def _loader(paths: tuple[str, ...]) -> Loader:
    from botocore.loaders import JSONFileLoader, Loader

    class Files(JSONFileLoader):
        def load_file(self, file_path: str) -> Any:
            for path, read in ((f"{file_path}.json", Path.read_bytes), (f"{file_path}.json.gz", _unpacked)):
                try:
                    return json.loads(read(Path(path)))
                except (FileNotFoundError, NotADirectoryError):
                    continue
            return None

    class Services(Loader):
        def list_available_services(self, type_name: str) -> list[str]:
            # All that is asked is whether a service is known; that it lacks this sort of file shows when it is read.
            del type_name
            return names

    names = sorted(
        {each.name for path in map(Path, paths) if path.is_dir() for each in path.iterdir() if each.is_dir()}
    )
    return Services(extra_search_paths=list(paths), file_loader=Files(), include_default_search_paths=False)


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())

"""How reports name files, on Windows too: told by the folder that the command runs in."""

from __future__ import annotations

import pytest

from preflight.report.paths import folder_uri, relative, uri
from preflight.report.view import View

WINDOWS = View(folder="C:\\work\\app", root="C:\\work")
SHARED = View(folder="\\\\server\\share\\app")
POSIX = View(folder="/work/app", root="/work")


@pytest.mark.parametrize(
    ("view", "path", "name", "address"),
    [
        (POSIX, "a b.json", "app/a b.json", "app/a%20b.json"),
        (POSIX, "../c.json", "c.json", "c.json"),
        (POSIX, "/etc/c:d.json", "/etc/c:d.json", "file:///etc/c%3Ad.json"),
        (POSIX, "C:/x.json", "app/C:/x.json", "app/C%3A/x.json"),
        (WINDOWS, "a b.json", "app/a b.json", "app/a%20b.json"),
        (WINDOWS, "in\\c.json", "app/in/c.json", "app/in/c.json"),
        (WINDOWS, "..\\c.json", "c.json", "c.json"),
        (WINDOWS, "c:\\Work\\app\\d.json", "app/d.json", "app/d.json"),
        (WINDOWS, "C:\\other\\d.json", "C:/other/d.json", "file:///C:/other/d.json"),
        (WINDOWS, "D:\\e f.json", "D:/e f.json", "file:///D:/e%20f.json"),
        (WINDOWS, "\\\\server\\share\\g.json", "//server/share/g.json", "file://server/share/g.json"),
        (SHARED, "in\\c.json", "in/c.json", "in/c.json"),
        (SHARED, "C:\\d.json", "C:/d.json", "file:///C:/d.json"),
        (WINDOWS, "-", "stdin", "stdin"),
    ],
)
def test_names_and_uris(view: View, path: str, name: str, address: str) -> None:
    assert (relative(path, view), uri(path, view)) == (name, address)


def test_folders() -> None:
    assert folder_uri("C:\\my work") == "file:///C:/my%20work/"
    assert folder_uri("C:\\") == "file:///C:/"
    assert folder_uri("\\\\server\\share\\app") == "file://server/share/app/"
    assert folder_uri("/my work") == "file:///my%20work/"
    assert folder_uri("/") == "file:///"

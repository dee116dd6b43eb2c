"""The pages of the site: each rule has one, and every link leads somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight.engine.rule import rule_ids

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import site_pages  # noqa: E402

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return site_pages.pages()


def without_code(text: str) -> str:
    return re.sub(r"^(`{3,4}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


def slug(heading: str) -> str:
    plain = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", heading)).strip().lower()
    return re.sub(r"[-\s]+", "-", plain)


def places(text: str) -> set[str]:
    return {slug(each) for each in _HEADING.findall(without_code(text))} | set(re.findall(r'<a id="(\w+)">', text))


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", without_code(text)))


def test_every_rule_has_a_page_that_says_what_it_is_about(pages: dict[str, str]) -> None:
    assert {name for name in pages if name.startswith("rules/")} == {f"rules/{each}.md" for each in rule_ids()}
    for name, text in pages.items():
        if name.startswith("rules/"):
            assert "## Why" in text and "## How to fix it" in text and "\n## " in text.partition("## How to fix it")[2]
            assert f"rules/{Path(name).stem}.md" in pages["rules.md"], "the table of all rules links to it"


def test_every_link_leads_to_a_page_and_a_heading(pages: dict[str, str]) -> None:
    schemas = {f"schemas/{path.name}" for path in (ROOT / "schemas").glob("*.json")}
    checked = 0
    for name, text in pages.items():
        for link in links(text):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, place = link.partition("#")
            target = name if not path else str(Path(name).parent / path)
            assert target in pages or target in schemas, f"{name}: {link}"
            if place:
                assert place in places(pages[target]), f"{name}: {link}"
            checked += 1
    assert checked > 300


def test_the_menu_has_every_page_once(pages: dict[str, str]) -> None:
    def named(entries: Any) -> list[str]:
        if isinstance(entries, str):
            return [entries]
        values = entries if isinstance(entries, list) else entries.values()
        return [each for entry in values for each in named(entry)]

    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    menu = named(settings["nav"])
    assert sorted(menu) == sorted(name for name in pages if "/" not in name)
    assert settings["theme"]["font"] is False, "nothing is fetched"
    icons = [each["toggle"]["icon"] for each in settings["theme"]["palette"]]
    assert all(each.startswith("material/") for each in icons), "icons that Material for MkDocs has, too"


def test_every_setting_is_on_its_page(pages: dict[str, str]) -> None:
    for setting in ("fail-on", "rule-pages", "check.session-tag", "suppress.reason", "paths.files"):
        assert f"| `{setting}` |" in pages["settings.md"]


def test_the_folder_is_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "old.md").write_text("old")
    site_pages.main(folder)
    assert not (folder / "old.md").exists() and (folder / "index.md").is_file()
    assert (folder / "schemas" / "report.schema.json").is_file()

"""The server: open documents are looked at as they are opened and changed, a moment after the last key.

Only what is open is looked at; the workspace is not searched. One document is worked on at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from preflight import __version__
from preflight.errors import PreflightError
from preflight.server.completion import completions
from preflight.server.cursor import Cursor, actions_before, cursor_at
from preflight.server.diagnostics import SOURCE, Looked, diagnostics, looked_at
from preflight.server.fixes import FIX_ALL, actions, all_edits, meet
from preflight.server.hover import hover_text
from preflight.thread_pool import Pool

DELAY = 0.25
"""How many seconds after the last change a document is looked at."""
_FIX_ALL = "preflight.fixAll"


class Server(LanguageServer):
    """A language server with what it found in each open document."""

    def __init__(self, *, region: str | None = None, snapshot: str | None = None) -> None:
        super().__init__(SOURCE, __version__)
        self.region = region
        self.snapshot = snapshot
        self.found: dict[str, tuple[int | None, Looked]] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}
        self._thread = Pool(1)

    def path_of(self, uri: str) -> str:
        """Return the path of a document; of one that has no file, the end of its address."""
        return to_fs_path(uri) or uri.rpartition("/")[2] or "untitled"

    async def in_turn(self, work: Callable[[], Any]) -> Any:
        """Do work in another thread, one piece at a time, so that the editor is answered meanwhile. What is not waited
        for any more is not begun, and the server ends without waiting for it.
        """
        done: Future[Any] = Future()

        def carry_out() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        self._thread.submit(carry_out)
        return await asyncio.wrap_future(done)

    def schedule(self, uri: str, delay: float, *, saved: bool) -> None:
        """Look at a document after a while, unless it changes again before."""
        if (before := self.waiting.pop(uri, None)) is not None:
            before.cancel()
        self.waiting[uri] = asyncio.get_running_loop().create_task(self._look(uri, delay, saved=saved))

    async def _look(self, uri: str, delay: float, *, saved: bool) -> None:
        await asyncio.sleep(delay)
        document = self.workspace.get_text_document(uri)
        text, version, path = document.source, document.version, self.path_of(uri)
        snapshot = self.snapshot if saved and Path(path).is_file() else None
        looked = await self.in_turn(lambda: looked_at(text, path, region=self.region, snapshot=snapshot))
        if uri not in self.workspace.text_documents or self.workspace.get_text_document(uri).version != version:
            return
        self.found[uri] = version, looked
        found = [_moved(document, each) for each in diagnostics(looked, links(path))]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))


def links(path: str) -> dict[str, str]:
    """Return the page of each rule that has one: below the address of the settings, else AWS's."""
    from preflight.api.rule_pages import pages_address

    try:
        return _links(pages_address(path))
    except PreflightError:
        return _links("")


@cache
def _links(pages: str) -> dict[str, str]:
    from preflight import api
    from preflight.report.sarif_rules import rule_link

    return {rule.id: link for rule in api.rules() if (link := rule_link(rule, pages))}


def made(*, region: str | None = None, snapshot: str | None = None) -> Server:
    """Return the server with all that it answers."""
    server = Server(region=region, snapshot=snapshot)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(self: Server, params: types.DidOpenTextDocumentParams) -> None:
        self.schedule(params.text_document.uri, 0, saved=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(self: Server, params: types.DidChangeTextDocumentParams) -> None:
        self.schedule(params.text_document.uri, DELAY, saved=False)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(self: Server, params: types.DidSaveTextDocumentParams) -> None:
        self.schedule(params.text_document.uri, 0, saved=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(self: Server, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.found.pop(uri, None)
        if (before := self.waiting.pop(uri, None)) is not None:
            before.cancel()
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(self: Server, params: types.HoverParams) -> types.Hover | None:
        document, cursor, place = _at(self, params)
        _, looked = self.found.get(params.text_document.uri, (None, Looked(())))
        here = types.Range(place, place)
        rules = [each.result.rule for each in looked.shown if meet(each.range, here)]
        said = await self.in_turn(lambda: hover_text(cursor.word, rules))
        if not said:
            return None
        span = types.Range(types.Position(place.line, cursor.start), types.Position(place.line, cursor.end))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said), _client_range(document, span))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", '"', "-"]))
    async def completed(self: Server, params: types.CompletionParams) -> types.CompletionList:
        document, cursor, place = _at(self, params)
        written = actions_before(document.source, place.line)
        offered = await self.in_turn(lambda: completions(cursor, place.line, written))
        return types.CompletionList(is_incomplete=False, items=[_moved_item(document, each) for each in offered])

    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind(types.CodeActionKind.SourceFixAll), FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    async def acted(self: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = self.workspace.get_text_document(params.text_document.uri)
        version, looked = self.found.get(document.uri, (None, Looked(())))
        shown = looked.shown if version == document.version else ()
        params.range = _own_range(document, params.range)
        text, path = document.source, self.path_of(document.uri)
        found: list[types.CodeAction] = await self.in_turn(
            lambda: list(actions(text, path, document.uri, shown, params))
        )
        for action in found:
            _move_edits(document, action.edit)
            action.diagnostics = [_moved(document, each) for each in action.diagnostics or ()] or None
        return found

    @server.command(_FIX_ALL)
    async def fixed(self: Server, uri: str) -> None:
        document = self.workspace.get_text_document(uri)
        text, path = document.source, self.path_of(uri)
        edits = await self.in_turn(lambda: all_edits(text, path))
        if edits:
            edit = types.WorkspaceEdit(changes={uri: edits})
            _move_edits(document, edit)
            self.workspace_apply_edit(types.ApplyWorkspaceEditParams(edit, "preflight: fix all"))

    return server


def serve(*, region: str | None = None, snapshot: str | None = None) -> None:
    """Serve an editor on stdin and stdout until it leaves. Raises `InputError` for a snapshot that cannot be used."""
    if snapshot is not None:
        from preflight.account.snapshots.snapshot import Snapshot

        Snapshot.load(snapshot)  # Said at the start, not at the first document.
    made(region=region, snapshot=snapshot).start_io()


def _at(server: Server, params: Any) -> tuple[TextDocument, Cursor, types.Position]:
    """Return the document, the word at the position, and the position in code points."""
    document = server.workspace.get_text_document(params.text_document.uri)
    place = _own_range(document, types.Range(params.position, params.position)).start
    return document, cursor_at(document.source, place.line, place.character), place


def _own_range(document: TextDocument, given: types.Range) -> types.Range:
    """Return a range of the client's in code points."""
    found = document.range_from_client_units(given)
    return types.Range(
        types.Position(found.start.line, found.start.character), types.Position(found.end.line, found.end.character)
    )


def _client_range(document: TextDocument, own: types.Range) -> types.Range:
    """Return a range of code points in the units of the client (UTF-16, if it says nothing else)."""
    return document.position_codec.range_to_client_units(document.lines, own)


def _moved(document: TextDocument, each: types.Diagnostic) -> types.Diagnostic:
    each.range = _client_range(document, each.range)
    return each


def _moved_item(document: TextDocument, item: types.CompletionItem) -> types.CompletionItem:
    if isinstance(item.text_edit, types.TextEdit):
        item.text_edit.range = _client_range(document, item.text_edit.range)
    return item


def _move_edits(document: TextDocument, edit: types.WorkspaceEdit | None) -> None:
    for edits in (edit.changes or {}).values() if edit is not None else ():
        for each in edits:
            each.range = _client_range(document, each.range)

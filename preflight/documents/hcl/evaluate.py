"""What the expressions of a module are known to be before a plan. Nothing is run, and time and memory are bounded.

Literals, locals, variables with a default, data documents, and the functions of `functions` are worked out. Of the
branches of a conditional one is taken: an evaluator is made for each. Everything else is `Unknown`.
Source: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from preflight.documents.hcl.functions import FUNCTIONS
from preflight.documents.hcl.module import DOCUMENT, Module, Written
from preflight.documents.hcl.parse import Place, Source, inside, parse_template, text_of
from preflight.documents.hcl.templates import Piece, joined, unescaped
from preflight.documents.hcl.values import DocumentOf, Encoded, Listed, Mapped, Member, Scalar, Unknown, Value
from preflight.documents.policies.template_values import ACCOUNT

if TYPE_CHECKING:
    from tree_sitter import Node

Scope: TypeAlias = Mapping[str, Value]
_DEEPEST, _MOST_STEPS, _MOST_BRANCHES, _MOST_ITEMS = 70, 200_000, 6, 1_000
_CONTEXT = re.compile(
    r"data\.aws_(?:(?P<account>caller_identity\.[\w-]+\.(?:account_id|id))|(?P<partition>partition\.[\w-]+\.(?:partition|id))"
    r"|(?P<suffix>partition\.[\w-]+\.dns_suffix)|(?P<region>region\.[\w-]+\.(?:name|id|region)))"
)
_KNOWN = {"account": ACCOUNT, "partition": "aws", "suffix": "amazonaws.com", "region": "us-east-1"}
_PLAIN_INDEX = re.compile(r"\[(?:0|count\.index|each\.key)\]")


class Evaluator:
    """Evaluates the expressions of one module. `branch` is which branch of each conditional is taken; `branches` says
    afterwards how many there are at most.
    """

    def __init__(self, module: Module, branch: int = 0) -> None:
        self._module, self._branch = module, branch
        self._known: dict[str, Value] = {}
        self._open: set[str] = set()
        self._steps = self._depth = 0
        self.branches = 1

    def value(self, node: Node, source: Source, scope: Scope | None = None) -> Value:
        """Return what an expression is; `scope` are the names that are bound around it."""
        self.spend(1)
        if self._depth >= _DEEPEST or self._steps > _MOST_STEPS:
            return Unknown("…", source.place(node), "it is too large to work out")
        self._depth += 1
        try:
            return self._value(node, source, scope or {})
        finally:
            self._depth -= 1

    def spend(self, steps: int) -> None:
        """Count work that was done: of more than there is time for, the rest is not known."""
        self._steps += steps

    @property
    def module(self) -> Module:
        """The module that is evaluated."""
        return self._module

    def _value(self, node: Node, source: Source, scope: Scope) -> Value:
        while node.type in ("expression", "collection_value", "template_expr", "for_expr", "literal_value"):
            inner = inside(node)
            if len(inner) != 1:
                break
            node = inner[0]
        form = _FORMS.get(node.type)
        if form is not None:
            return form(self, node, source, scope)
        return _unknown(node, source)

    def _literal(self, node: Node, source: Source, _scope: Scope) -> Value:
        at, text = source.place(node), text_of(node)
        if node.type == "numeric_lit":
            try:
                number = float(text)
            except ValueError:
                return Unknown(text[:40], at)
            return Scalar(int(number) if number.is_integer() else number, at)
        return Scalar({"true": True, "false": False}.get(text), at)

    def _text(self, node: Node, source: Source, scope: Scope) -> Value:
        pieces: list[Piece] = []
        quoted = node.type != "heredoc_template"
        whole, first, last = source.data, node.children[0], node.children[-1]
        at, line = first.end_byte, first.end_point[0]
        if not quoted:
            # The text begins on the line behind the word, and ends before the line of the closing one.
            at = whole.find(b"\n", at) + 1
            line += 1
        end = last.start_byte if quoted else whole.rfind(b"\n", 0, last.start_byte) + 1
        for child in [*node.named_children, None]:
            if child is not None and child.type not in ("template_interpolation", "template_directive"):
                continue
            until = child.start_byte if child is not None else end
            if until > at:
                pieces += _written(source, at, until, line, quoted=quoted)
            if child is None:
                break
            if (made := self._piece(child, source, scope)) is None:
                return _unknown(node, source)
            pieces += made
            at, line = child.end_byte, child.end_point[0]
        place = source.place(node)
        if len(pieces) == 1 and isinstance(pieces[0].value, (Encoded, DocumentOf, Listed, Mapped, Unknown)):
            return pieces[0].value
        made_text = joined(pieces, place)
        self.spend(len(str(made_text.value)) >> 4 if isinstance(made_text, Scalar) else 0)
        return made_text

    def _piece(self, node: Node, source: Source, scope: Scope) -> list[Piece] | None:
        """Return what an interpolation or a directive puts into a text; None where that is not known at all."""
        if node.type == "template_interpolation":
            inner = next((each for each in node.named_children if each.type == "expression"), None)
            if inner is None:
                return []
            return [Piece(self.value(inner, source, scope), f"${{{_label(inner)}}}", source.place(node))]
        choice = next((each for each in node.named_children if each.type == "template_if"), None)
        if choice is None:
            return None
        names = [each.type for each in choice.named_children]
        if "template_if_intro" not in names or "template_if_end" not in names:
            return None
        parts = list(choice.named_children)
        middle = names.index("template_else_intro") if "template_else_intro" in names else len(names) - 1
        taken = self._taken(2)
        chosen = (0, middle) if taken == 0 else (middle, len(names) - 1)
        pieces: list[Piece] = []
        at, line = parts[chosen[0]].end_byte, parts[chosen[0]].end_point[0]
        for child in [*parts[chosen[0] + 1 : chosen[1]], None]:
            until = child.start_byte if child is not None else parts[chosen[1]].start_byte
            if until > at:
                pieces += _written(source, at, until, line, quoted=False)
            if child is None:
                break
            if child.type in ("template_interpolation", "template_directive"):
                if (made := self._piece(child, source, scope)) is None:
                    return None
                pieces += made
                at, line = child.end_byte, child.end_point[0]
            else:
                at, line = child.start_byte, child.start_point[0]
        return pieces

    def _tuple(self, node: Node, source: Source, scope: Scope) -> Value:
        items = tuple(self.value(each, source, scope) for each in node.named_children if each.type == "expression")
        return Listed(items, source.place(node))

    def _object(self, node: Node, source: Source, scope: Scope) -> Value:
        members: dict[str, Member] = {}
        complete = True
        for each in node.named_children:
            parts = inside(each)
            if each.type != "object_elem" or len(parts) != 2:
                continue
            key, expression = parts
            name = self._name(key, source, scope)
            if name is None:
                complete = False
                continue
            members.setdefault(name, Member(source.place(key), self.value(expression, source, scope)))
        return Mapped(members, source.place(node), complete)

    def _name(self, key: Node, source: Source, scope: Scope) -> str | None:
        """Return the name of an object's member: a bare word is itself."""
        inner = key.named_children
        if len(inner) == 1 and inner[0].type == "variable_expr" and key.child_count == 1:
            return text_of(inner[0])
        value = self.value(key, source, scope)
        if isinstance(value, Scalar) and value.known and isinstance(value.value, (str, int)):
            return str(value.value)
        return None

    def _conditional(self, node: Node, source: Source, scope: Scope) -> Value:
        branches: list[Node] = []
        while True:
            parts = [each for each in node.named_children if each.type == "expression"]
            if len(parts) != 3:
                return _unknown(node, source)
            # `a ? x : b ? y : z` is parsed as `(a ? x : b) ? y : z`: what is to the left is the first to be tested.
            branches[:0] = parts[1:] if not branches else [parts[1]]
            test = parts[0].named_children
            if len(test) != 1 or test[0].type != "conditional" or parts[0].child_count != 1:
                break
            # What stands for the test of the outer one is the last branch of the inner one, which is a test in truth.
            node = test[0]
        taken = self._taken(len(branches))
        value = self.value(branches[taken], source, scope)
        if _is_nothing(value):
            # As of templates, of branches that have no value another one is taken.
            others = (self.value(each, source, scope) for each in branches if each is not branches[taken])
            return next((each for each in others if not _is_nothing(each)), value)
        return value

    def _attempt(self, nodes: list[Node], node: Node, source: Source, scope: Scope) -> Value:
        """Return what `try` or `coalesce` gives: the first that is known, but no mere text for one that is not."""
        values = [self.value(each, source, scope) for each in nodes[:_MOST_BRANCHES]]
        if not isinstance(values[0], Unknown) and not _is_nothing(values[0]):
            return values[0]
        made = next(
            (each for each in values[1:] if not isinstance(each, (Unknown, Scalar)) and not _is_empty(each)), None
        )
        return made if made is not None else _unknown(node, source)

    def _taken(self, branches: int) -> int:
        self.branches = max(self.branches, min(branches, _MOST_BRANCHES))
        return min(self._branch, branches - 1)

    def _call(self, node: Node, source: Source, scope: Scope) -> Value:
        name, place = text_of(node.named_children[0]), source.place(node)
        given = [each for each in node.named_children if each.type == "function_arguments"]
        nodes = [each for part in given for each in part.named_children if each.type == "expression"]
        spread = any(each.type == "ellipsis" for part in given for each in part.named_children)
        if name in ("try", "coalesce", "coalescelist") and nodes and not spread:
            return self._attempt(nodes, node, source, scope)
        values = [self.value(each, source, scope) for each in nodes]
        if spread and values:
            last = values.pop()
            if not isinstance(last, Listed) or not last.complete:
                return _unknown(node, source)
            values += last.items
        if name in ("file", "templatefile") and values:
            return self._read(name, values, place) or _unknown(node, source)
        function = FUNCTIONS.get(name)
        made = function(values, place) if function is not None else None
        if made is None:
            return _unknown(node, source)
        self.spend(_size(made))
        return made

    def _read(self, function: str, values: list[Value], place: Place) -> Value | None:
        path = values[0]
        if not isinstance(path, Scalar) or not isinstance(path.value, str) or not path.known:
            return None
        text = self._module.file(path.value)
        if text is None:
            return None
        if function == "file":
            return Scalar(text, place)
        given = values[1] if len(values) > 1 else Mapped({}, place)
        parsed = parse_template(text, path.value)
        if not isinstance(given, Mapped) or parsed is None or not parsed.tree.root_node.named_children:
            return None
        scope = {name: member.value for name, member in given.members.items()}
        body = parsed.tree.root_node.named_children[0]
        return self.value(body.named_children[0].named_children[1], parsed, scope)

    def _reference(self, node: Node, source: Source, scope: Scope) -> Value:
        """Return what a reference with its attributes and indexes leads to."""
        first, *steps = inside(node) if node.type != "variable_expr" else [node]
        root = text_of(first)
        place, label = source.place(node), _label(node)
        if first.type != "variable_expr":
            # Of something in parentheses, or of what a function gives.
            inner = self.value(first, source, scope)
            return self._steps_into(inner, steps, source, scope, label)
        if root in scope:
            return self._steps_into(scope[root], steps, source, scope, label)
        names = _names(steps)
        if root in ("local", "var") and names:
            named = self._module.locals if root == "local" else self._module.defaults
            return self._steps_into(self._named(f"{root}.{names[0]}", named.get(names[0]), place), steps[1:], source,
                                    scope, label)  # fmt: skip
        if root == "path" and names[:1] in (["module"], ["root"]):
            return Scalar(".", place, label)
        if root == "data" and names[:1] == [DOCUMENT] and len(names) >= 2:
            address = f"data.{DOCUMENT}.{names[1]}"
            if address in self._module.documents and names[2:3] in (["json"], ["minified_json"]):
                return DocumentOf(address, place)
        if (found := _CONTEXT.fullmatch(label)) is not None:
            return Scalar(_KNOWN[str(found.lastgroup)], place, f"${{{label}}}")
        return Unknown(label, place)

    def _named(self, name: str, written: Written | None, place: Place) -> Value:
        if written is None or name in self._open:
            return Unknown(name, place)
        if name not in self._known:
            self._open.add(name)
            try:
                value = self.value(written.node, written.source)
            finally:
                self._open.discard(name)
            if name.startswith("var.") and _is_empty(value):
                # A default that is there for others to give the value.
                value = Unknown(name, place)
            self._known[name] = value
        return self._known[name]

    def _steps_into(self, value: Value, steps: list[Node], source: Source, scope: Scope, label: str) -> Value:
        for step in steps:
            at = value.at
            name = _names([step])
            if not name and step.type == "index":
                key = next((each for each in step.named_children[0].named_children if each.type == "expression"), None)
                index = self.value(key, source, scope) if key is not None else None
                name = [str(index.value)] if isinstance(index, Scalar) and index.known else []
            if name and isinstance(value, Mapped) and name[0] in value.members:
                value = value.members[name[0]].value
            elif name and isinstance(value, Listed) and value.complete and name[0].isdigit() \
                    and int(name[0][:9]) < len(value.items):  # fmt: skip
                value = value.items[int(name[0])]
            else:
                return Unknown(label, at)
        return value

    def _for(self, node: Node, source: Source, scope: Scope) -> Value:
        intro = next(each for each in node.named_children if each.type == "for_intro")
        names = [text_of(each) for each in intro.named_children if each.type == "identifier"]
        over = next((each for each in intro.named_children if each.type == "expression"), None)
        results = [each for each in node.named_children if each.type == "expression"]
        test = next((each for each in node.named_children if each.type == "for_cond"), None)
        grouped = any(each.type == "ellipsis" for each in node.named_children)
        if over is None or not names or not results or grouped:
            return _unknown(node, source)
        collection = self.value(over, source, scope)
        place, complete = source.place(node), True
        items: list[Value] = []
        members: dict[str, Member] = {}
        for key, each in entries(collection):
            bound = {**scope, names[-1]: each, **({names[0]: key} if len(names) == 2 else {})}
            if test is not None and test.named_children:
                verdict = self.value(test.named_children[-1], source, bound)
                if not isinstance(verdict, Scalar):
                    complete = False
                elif verdict.value is False:
                    continue
            made = [self.value(result, source, bound) for result in results]
            if len(made) == 1:
                items.append(made[0])
            elif isinstance(made[0], Scalar) and made[0].known and isinstance(made[0].value, (str, int)):
                members.setdefault(str(made[0].value), Member(made[0].at, made[1]))
            else:
                complete = False
        complete = complete and is_complete(collection)
        return Listed(tuple(items), place, complete) if len(results) == 1 else Mapped(members, place, complete)


def entries(collection: Value) -> Iterator[tuple[Value, Value]]:
    """Yield the keys and values of a list or map; of one that is not known, one that stands for all."""
    if isinstance(collection, Listed):
        for index, each in enumerate(collection.items[:_MOST_ITEMS]):
            yield Scalar(index, each.at), each
    elif isinstance(collection, Mapped):
        for name, member in list(collection.members.items())[:_MOST_ITEMS]:
            yield Scalar(name, member.name_at), member.value
    if not is_complete(collection):
        label = collection.label if isinstance(collection, Unknown) else "each"
        yield Unknown(f"{label}.key", collection.at), Unknown(f"{label}.value", collection.at)


def is_complete(collection: Value) -> bool:
    """Say whether all entries of a list or map are known to be there."""
    if isinstance(collection, Listed):
        return collection.complete and len(collection.items) <= _MOST_ITEMS
    return isinstance(collection, Mapped) and collection.complete and len(collection.members) <= _MOST_ITEMS


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value in (None, "")


def _is_empty(value: Value) -> bool:
    empty = (isinstance(value, Listed) and not value.items) or (isinstance(value, Mapped) and not value.members)
    return empty or _is_nothing(value)


def _size(value: Value) -> int:
    if isinstance(value, Listed):
        return len(value.items)
    if isinstance(value, Mapped):
        return len(value.members)
    return len(str(value.value)) >> 4 if isinstance(value, Scalar) else 1


def _written(source: Source, start: int, end: int, line: int, *, quoted: bool) -> Iterator[Piece]:
    """Yield the lines of a literal part of a text, each with its place."""
    for each in source.data[start:end].splitlines(keepends=True):
        text = unescaped(each.decode("utf-8", "replace"), quoted=quoted)
        place = source.at(start, line)
        yield Piece(Scalar(text, place), text, place)
        start, line = start + len(each), line + each.count(b"\n")


def _names(steps: list[Node]) -> list[str]:
    """Return the names of the attributes, and the known indexes, up to the first that is none."""
    found: list[str] = []
    for step in steps:
        text = text_of(step)
        if step.type == "get_attr" and step.named_children:
            found.append(text_of(step.named_children[-1]))
        elif step.type == "index" and _PLAIN_INDEX.fullmatch(text) and len(found) == 2:
            continue  # which instance of a resource or data source
        elif step.type == "index" and re.fullmatch(r"\[\d{1,9}\]|\.\d{1,9}", text):
            found.append(text.strip("[]."))
        else:
            break
    return found


def _label(node: Node) -> str:
    text = " ".join(text_of(node).split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _unknown(node: Node, source: Source) -> Unknown:
    return Unknown(_label(node), source.place(node))


_FORMS: Mapping[str, Callable[[Evaluator, Node, Source, Scope], Value]] = {
    "numeric_lit": Evaluator._literal,
    "bool_lit": Evaluator._literal,
    "null_lit": Evaluator._literal,
    "string_lit": Evaluator._text,
    "quoted_template": Evaluator._text,
    "heredoc_template": Evaluator._text,
    "tuple": Evaluator._tuple,
    "object": Evaluator._object,
    "conditional": Evaluator._conditional,
    "function_call": Evaluator._call,
    "variable_expr": Evaluator._reference,
    "expression": Evaluator._reference,
    "for_tuple_expr": Evaluator._for,
    "for_object_expr": Evaluator._for,
}

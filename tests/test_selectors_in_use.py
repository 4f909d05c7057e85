"""Systems and selector files fit together: every name in the code stands in the file, and everything in the file is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from robots.screens.selector_file import SelectorFile, element_names, load

ROOT = Path(__file__).parent.parent
SYSTEMS = ROOT / "robots" / "systems"
SELECTORS = tuple(sorted((ROOT / "selectors").glob("*.yaml")))
ELEMENT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
WORD = re.compile(r"[a-z0-9_]*")
#: parameters, of a screen's methods and of the systems' own functions, that take the name of a view
VIEW_PARAMETERS = {"view", "views", "then", "start", "dialog", "agency"}
#: parameters that take `view.element`
ELEMENT_PARAMETERS = {"element", "elements", "table"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A name that is put together in the code, as `costs.{}rows`."""

    template: str
    #: what each part can be filled in with; None when the code does not tell, and any word of the modules will do
    values: tuple[frozenset[str] | None, ...]

    def fits(self, element: str, words: frozenset[str]) -> bool:
        choices = ("|".join(map(re.escape, sorted(words if values is None else values))) for values in self.values)
        first, *others = (re.escape(part) for part in self.template.split("{}"))
        return re.fullmatch(first + "".join(f"(?:{choice}){part}" for choice, part in zip(choices, others, strict=True)), element) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the modules of one system name in their texts."""

    #: `view.element`, whole
    elements: frozenset[str]
    patterns: tuple[Pattern, ...]
    #: where the code calls for a view
    views: frozenset[str]
    #: every text that is one word, and the views of whole names
    words: frozenset[str]

    def uses(self, element: str) -> bool:
        return element in self.elements or any(pattern.fits(element, self.words) for pattern in self.patterns)


def _parsed(name: str) -> ast.Module:
    return ast.parse((SYSTEMS / f"{name}.py").read_text(encoding="utf-8"))


def modules_of(system: str) -> list[ast.Module]:
    """Return the system's module and, of those that it imports, the ones that are no other system's."""
    names = [system]
    for name in names:
        for node in ast.walk(_parsed(name)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("robots.systems"):
                below = node.module.removeprefix("robots.systems").lstrip(".")
                imported = [below] if below else [alias.name for alias in node.names]
                names += [one for one in imported if one not in names and not (ROOT / "selectors" / f"{one}.yaml").exists()]
    return [_parsed(name) for name in names]


def _parameters(function: Function) -> list[str]:
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args) if one.arg != "self"]
    return [*names, function.args.vararg.arg] if function.args.vararg else names


def _signatures(modules: list[ast.Module]) -> dict[str, list[str]]:
    """Return the positional parameters of a screen's methods and of the modules' functions; the last one takes all that follow."""
    screen = ast.parse((ROOT / "robots" / "screens" / "__init__.py").read_text(encoding="utf-8"))
    functions = [node for tree in (screen, *modules) for node in ast.walk(tree) if isinstance(node, Function)]
    return {function.name: _parameters(function) for function in functions if _parameters(function)}


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _arguments(call: ast.Call, signatures: dict[str, list[str]]) -> Iterator[tuple[str, ast.expr]]:
    """Yield (parameter, argument) of a call, as far as its function is known."""
    parameters = signatures.get(_called(call), [])
    for number, argument in enumerate(call.args):
        if parameters and not isinstance(argument, ast.Starred):
            yield parameters[min(number, len(parameters) - 1)], argument
    for keyword in call.keywords:
        if keyword.arg:
            yield keyword.arg, keyword.value


def _whole_texts(argument: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument is, alone or as members of a tuple; not those of an expression."""
    members = argument.elts if isinstance(argument, ast.Tuple) else [argument]
    yield from (one.value for one in members if isinstance(one, ast.Constant) and isinstance(one.value, str))


class Code:
    """The modules of one system, and what their parameters are called with."""

    def __init__(self, modules: list[ast.Module]) -> None:
        self.nodes = [node for module in modules for node in ast.walk(module)]
        self._signatures = _signatures(modules)
        #: {id of a node: the functions around it, the innermost last}
        self._around: dict[int, list[Function]] = {}
        for function in (node for node in self.nodes if isinstance(node, Function)):
            for node in ast.walk(function):
                self._around.setdefault(id(node), []).append(function)

    def calls(self) -> Iterator[tuple[ast.Call, list[tuple[str, ast.expr]]]]:
        """Yield every call with its (parameter, argument)."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, list(_arguments(node, self._signatures))

    def patterns(self) -> Iterator[Pattern]:
        for node in self.nodes:
            if isinstance(node, ast.JoinedStr):
                template = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
                filled_in = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
                # What begins with the system is the name of an effect.
                is_effect = bool(filled_in) and isinstance(filled_in[0], ast.Name) and filled_in[0].id == "SYSTEM"
                if ELEMENT.fullmatch(template.replace("{}", "x")) and not is_effect:
                    yield Pattern(template=template, values=tuple(self._values(one, node, frozenset()) for one in filled_in))

    def _values(self, expression: ast.expr, place: ast.AST, seen: frozenset[tuple[str, str]]) -> frozenset[str] | None:
        """Return the texts that an expression at a place can be; None when that is not told by the calls of the function around it."""
        if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
            return frozenset({expression.value})
        name = expression.id if isinstance(expression, ast.Name) else ""
        owner = next((one for one in reversed(self._around.get(id(place), [])) if name in _parameters(one)), None)
        if owner is None:
            return None
        if (owner.name, name) in seen:
            return frozenset()
        found = [
            self._values(argument, call, seen | {(owner.name, name)})
            for call, arguments in self.calls()
            if _called(call) == owner.name
            for parameter, argument in arguments
            if parameter == name
        ]
        return frozenset().union(*(one for one in found if one is not None)) if found and None not in found else None


def named_by(system: str) -> Named:
    code = Code(modules_of(system))
    parts_of_patterns = {id(part) for node in code.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = {one.value for one in code.nodes if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in parts_of_patterns}
    views, elements = set(), set()
    for _, arguments in code.calls():
        of_views = [text for parameter, argument in arguments if parameter == "view" for text in _whole_texts(argument)]
        for parameter, argument in arguments:
            for text in _whole_texts(argument):
                if parameter in VIEW_PARAMETERS:
                    views.add(text)
                elif parameter in ELEMENT_PARAMETERS:
                    # Errors are told view and element apart.
                    elements |= {text} if "." in text else {f"{view}.{text}" for view in of_views}
    words = {word for text in texts for word in (text, text.partition(".")[0]) if WORD.fullmatch(word)}
    return Named(
        elements=frozenset(elements | {text for text in texts if ELEMENT.fullmatch(text)}),
        patterns=tuple(code.patterns()),
        views=frozenset(views),
        words=frozenset(words),
    )


def used_by_the_file(selectors: SelectorFile) -> set[str]:
    """Return the elements that the file itself needs: landmarks, what is pressed to reach a view, and what turns a page."""
    return {
        *(f"{view.name}.{view.landmark}" for view in selectors.views.values()),
        *(f"{view.reach.view}.{view.reach.element}" for view in selectors.views.values() if view.reach),
        *(f"{view.name}.{one.next_page}" for view in selectors.views.values() for one in view.elements.values() if one.next_page),
    }


@pytest.mark.parametrize("path", SELECTORS, ids=lambda path: path.stem)
def test_every_view_and_element_that_a_system_names_stands_in_its_selector_file(path: Path) -> None:
    selectors = load(path)
    named = named_by(selectors.system)
    assert named.views
    assert named.views - selectors.views.keys() == set()
    assert named.elements - set(element_names(selectors)) == set()
    assert [one for one in named.patterns if not any(one.fits(element, named.words) for element in element_names(selectors))] == []


@pytest.mark.parametrize("path", SELECTORS, ids=lambda path: path.stem)
def test_every_element_of_a_selector_file_is_used(path: Path) -> None:
    selectors = load(path)
    named = named_by(selectors.system)
    own = used_by_the_file(selectors)
    assert [one for one in element_names(selectors) if one not in own and not named.uses(one)] == []


@pytest.mark.parametrize("path", SELECTORS, ids=lambda path: path.stem)
def test_every_view_of_a_selector_file_is_used(path: Path) -> None:
    selectors = load(path)
    named = named_by(selectors.system)
    of_elements = {one.partition(".")[0] for one in element_names(selectors) if one not in used_by_the_file(selectors) and named.uses(one)}
    assert [view for view in selectors.views if view not in named.views | of_elements | named.words | set(selectors.session_lost)] == []

"""Whether a system's module and its selector file fit together: every name in the code stands in the file, and everything in the file is used.

The code is read, not run: the texts in the calls of a screen's methods and of the module's own functions tell what it names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from robots.screens.selector_file import SelectorFile, element_names

_ELEMENT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_WORD = re.compile(r"[a-z0-9_]*")
#: parameters, of a screen's methods and of the systems' own functions, that take the name of a view
_VIEW_PARAMETERS = {"view", "views", "then", "start", "dialog", "agency"}
#: parameters that take `view.element`
_ELEMENT_PARAMETERS = {"element", "elements", "table"}
#: a screen's methods that press an element, or what stands in a row of it, for the view that comes
_PRESSES = ("press", "press_for", "pick")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """A name that is put together in the code, as `costs.{}rows`."""

    template: str
    #: what each part can be filled in with; None when the code does not tell, and any word of the modules will do
    values: tuple[frozenset[str] | None, ...]

    def fits(self, element: str, words: frozenset[str]) -> bool:
        choices = ("|".join(map(re.escape, sorted(words if values is None else values))) for values in self.values)
        first, *others = (re.escape(part) for part in self.template.split("{}"))
        return re.fullmatch(first + "".join(f"(?:{choice}){part}" for choice, part in zip(choices, others, strict=True)), element) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What the modules of one system name in their texts."""

    #: `view.element`, whole
    elements: frozenset[str]
    patterns: tuple[_Pattern, ...]
    #: where the code calls for a view
    views: frozenset[str]
    #: every text that is one word, and the views of whole names
    words: frozenset[str]
    #: {a screen's method: the elements that it is called with, by whole names or such as are put together}
    calls: Mapping[str, frozenset[str | _Pattern]]

    def uses(self, element: str) -> bool:
        return element in self.elements or any(pattern.fits(element, self.words) for pattern in self.patterns)

    def calls_with(self, method: str, element: str) -> bool:
        return any(one == element if isinstance(one, str) else one.fits(element, self.words) for one in self.calls.get(method, ()))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _modules_of(system: str, sources: Path, systems: Collection[str]) -> list[ast.Module]:
    """Return the system's module and, of those that it imports, the ones that are no other system's."""
    names = [system]
    for name in names:
        for node in ast.walk(_parsed(sources / f"{name}.py")):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("robots.systems"):
                below = node.module.removeprefix("robots.systems").lstrip(".")
                imported = [below] if below else [alias.name for alias in node.names]
                names += [one for one in imported if one not in names and one not in systems]
    return [_parsed(sources / f"{name}.py") for name in names]


def _parameters(function: _Function) -> list[str]:
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args) if one.arg != "self"]
    return [*names, function.args.vararg.arg] if function.args.vararg else names


def _signatures(modules: list[ast.Module]) -> dict[str, list[str]]:
    """Return the positional parameters of a screen's methods and of the modules' functions; the last one takes all that follow."""
    screen = _parsed(Path(__file__).with_name("__init__.py"))
    functions = [node for tree in (screen, *modules) for node in ast.walk(tree) if isinstance(node, _Function)]
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


class _Code:
    """The modules of one system, and what their parameters are called with."""

    def __init__(self, modules: list[ast.Module]) -> None:
        self.nodes = [node for module in modules for node in ast.walk(module)]
        self._signatures = _signatures(modules)
        #: {id of a node: the functions around it, the innermost last}
        self._around: dict[int, list[_Function]] = {}
        for function in (node for node in self.nodes if isinstance(node, _Function)):
            for node in ast.walk(function):
                self._around.setdefault(id(node), []).append(function)

    def calls(self) -> Iterator[tuple[ast.Call, list[tuple[str, ast.expr]]]]:
        """Yield every call with its (parameter, argument)."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, list(_arguments(node, self._signatures))

    def patterns(self) -> Iterator[_Pattern]:
        for node in self.nodes:
            if isinstance(node, ast.JoinedStr) and (pattern := self._pattern(node)) is not None:
                yield pattern

    def _pattern(self, node: ast.JoinedStr) -> _Pattern | None:
        template = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        filled_in = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        # What begins with the system is the name of an effect.
        is_effect = bool(filled_in) and isinstance(filled_in[0], ast.Name) and filled_in[0].id == "SYSTEM"
        if not _ELEMENT.fullmatch(template.replace("{}", "x")) or is_effect:
            return None
        return _Pattern(template=template, values=tuple(self._values(one, node, frozenset()) for one in filled_in))

    def called_with(self, *methods: str) -> dict[str, frozenset[str | _Pattern]]:
        """Return {method: the elements that it is called with}, as far as the calls themselves tell."""
        found: dict[str, set[str | _Pattern]] = {method: set() for method in methods}
        for call, arguments in self.calls():
            for parameter, argument in arguments:
                if _called(call) in found and parameter in _ELEMENT_PARAMETERS:
                    found[_called(call)] |= set(_whole_texts(argument))
                    if isinstance(argument, ast.JoinedStr) and (pattern := self._pattern(argument)) is not None:
                        found[_called(call)].add(pattern)
        return {method: frozenset(ones) for method, ones in found.items()}

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


def _named_by(system: str, sources: Path, systems: Collection[str]) -> _Named:
    code = _Code(_modules_of(system, sources, systems))
    parts_of_patterns = {id(part) for node in code.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = {one.value for one in code.nodes if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in parts_of_patterns}
    views, elements = set(), set()
    for _, arguments in code.calls():
        of_views = [text for parameter, argument in arguments if parameter == "view" for text in _whole_texts(argument)]
        for parameter, argument in arguments:
            for text in _whole_texts(argument):
                if parameter in _VIEW_PARAMETERS:
                    views.add(text)
                elif parameter in _ELEMENT_PARAMETERS:
                    # Errors are told view and element apart.
                    elements |= {text} if "." in text else {f"{view}.{text}" for view in of_views}
    words = {word for text in texts for word in (text, text.partition(".")[0]) if _WORD.fullmatch(word)}
    return _Named(
        elements=frozenset(elements | {text for text in texts if _ELEMENT.fullmatch(text)}),
        patterns=tuple(code.patterns()),
        views=frozenset(views),
        words=frozenset(words),
        calls=code.called_with("download", *_PRESSES),
    )


def _used_by_the_file(selectors: SelectorFile) -> set[str]:
    """Return the elements that the file itself needs: landmarks, what is pressed to reach a view, and what turns a page."""
    return {
        *(f"{view.name}.{view.landmark}" for view in selectors.views.values()),
        *(f"{view.reach.view}.{view.reach.element}" for view in selectors.views.values() if view.reach),
        *(f"{view.name}.{view.check.leave}" for view in selectors.views.values() if view.check and view.check.leave),
        *(f"{dialog.view}.{dialog.press}" for dialog in selectors.view_dialogs.values() if dialog.press),
        *(
            f"{view.name}.{page}"
            for view in selectors.views.values()
            for one in view.elements.values()
            for page in (one.next_page, one.previous_page)
            if page
        ),
    }


def _wrong_downloads(selectors: SelectorFile, named: _Named) -> Iterator[str]:
    """Yield what does not fit about the elements that bring files."""
    for view in selectors.views.values():
        for element in (f"{view.name}.{one.name}" for one in view.elements.values() if one.is_download):
            if any(named.calls_with(method, element) for method in _PRESSES):
                yield f"{element} is pressed in robots/systems/ for a view, and says download here; fetch the file, or say it no longer"
            elif not named.calls_with("download", element):
                yield f"{element} says download here, and robots/systems/ fetches no file by it; say it no longer"


def misfits(selectors: SelectorFile, *, sources: Path, systems: Collection[str]) -> list[str]:
    """Return what does not fit, a sentence each, with the path of the selector file.

    Args:
        selectors: one system's file.
        sources: folder of the systems' modules.
        systems: names of all systems; a module of another name that a system imports counts as the system's own.
    """
    named = _named_by(selectors.system, sources, systems)
    elements, own = element_names(selectors), _used_by_the_file(selectors)
    unknown = [pattern.template for pattern in named.patterns if not any(pattern.fits(element, named.words) for element in elements)]
    absent = [*sorted(named.views - selectors.views.keys()), *sorted(named.elements - set(elements)), *unknown]
    used = {element for element in elements if element not in own and named.uses(element)}
    of_views = named.views | named.words | {element.partition(".")[0] for element in used} | set(selectors.session_lost) | set(selectors.view_dialogs)
    unused = [*(view for view in selectors.views if view not in of_views), *(one for one in elements if one not in own and one not in used)]
    return [
        *(f"{selectors.path}: {name} is named in robots/systems/ and stands nowhere here; add it" for name in absent),
        *(f"{selectors.path}: {name} is used nowhere in robots/systems/; remove it" for name in unused),
        *(f"{selectors.path}: {one}" for one in _wrong_downloads(selectors, named)),
    ]

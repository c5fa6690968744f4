"""The rules of the house that a parse tree can check: sizes, names, docstrings, shapes, and what may never appear."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hornbook"
LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 60
SHAPES = r"Shaped|Num|Real|Inexact|Complex|Bool|Integer|B?Float\d*|U?Int\d*"
DRAWS = {"rand", "randn", "randint", "randperm", "multinomial", "bernoulli", "normal_", "uniform_", "exponential_"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def ours() -> list[Path]:
    """Every file that is in the repository or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode or not listed.stdout:  # an unpacked archive has no history
        hidden = re.compile(r"(^|/)(\.venv|\.git|[^/]*cache[^/]*|[^/]*\.egg-info|build|dist|runs|\.hypothesis)/")
        return [p for p in ROOT.rglob("*") if p.is_file() and not hidden.search(p.relative_to(ROOT).as_posix())]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


FILES = ours()
PYTHON = {path: path.read_text(encoding="utf-8") for path in FILES if path.suffix == ".py"}
TREES = {path: ast.parse(text) for path, text in PYTHON.items()}
SOURCES = {path: tree for path, tree in TREES.items() if SOURCE in path.parents}


def at(path: Path, node: ast.AST) -> str:
    """``src/hornbook/seeds.py:15``, for a list of what is wrong."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def none_of(found: list[str], rule: str) -> None:
    """Fail with everything that was found at once."""
    assert not found, f"{rule}:\n  " + "\n  ".join(found)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function in a file, methods and nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """What others may use: functions, classes and their methods whose names have no leading underscore."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def dotted(node: ast.AST) -> str:
    """``torch.nn.Linear`` for an attribute of an attribute of a name; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def is_repeated(function: ast.ClassDef | Function) -> bool:
    """Overloads and setters are told by the definition they belong to."""
    return any(dotted(each).split(".")[-1] in ("overload", "setter", "deleter") for each in function.decorator_list)


def test_the_gates_see_the_package() -> None:
    assert len(SOURCES) > 8
    assert len(TREES) > len(SOURCES)


def test_no_file_has_more_than_400_lines() -> None:
    long = [f"{path.relative_to(ROOT)}: {len(text.splitlines())}" for path, text in PYTHON.items()
            if len(text.splitlines()) > LINES_IN_A_FILE]  # fmt: skip
    none_of(long, f"a file over {LINES_IN_A_FILE} lines is two files")


def test_no_function_has_more_than_60_lines() -> None:
    long = [
        f"{at(path, function)} {function.name}: {function.end_lineno - function.lineno + 1}"
        for path, tree in TREES.items()
        for function in functions(tree)
        if function.end_lineno is not None and function.end_lineno - function.lineno >= LINES_IN_A_FUNCTION
    ]
    none_of(long, f"a function over {LINES_IN_A_FUNCTION} lines asks for a name in its middle")


def test_no_module_is_named_after_nothing_in_particular() -> None:
    vague = {"utils", "util", "helpers", "misc", "common", "manager", "managers"}
    none_of([str(path.relative_to(ROOT)) for path in PYTHON if path.stem in vague], "say what the file is for")


def test_a_room_opens_with_a_docstring_and_exports_nothing() -> None:
    rooms = {path: tree for path, tree in SOURCES.items() if path.name == "__init__.py" and path.parent != SOURCE}
    wrong = [path for path, tree in rooms.items() if len(tree.body) != 1 or not ast.get_docstring(tree)]
    none_of([str(path.relative_to(ROOT)) for path in wrong], "an __init__.py holds a docstring and nothing else")


def test_every_file_says_what_it_is_for() -> None:
    none_of([at(path, tree) for path, tree in TREES.items() if not ast.get_docstring(tree)], "no docstring")


def test_every_public_name_has_a_docstring() -> None:
    bare = [
        f"{at(path, node)} {node.name}"
        for path, tree in SOURCES.items()
        for node in public(tree)
        if not ast.get_docstring(node) and not is_repeated(node)
    ]
    none_of(bare, "public, and without a docstring")


def shapeless(annotation: ast.AST | None) -> bool:
    """Is there a ``Tensor`` in this annotation that has no shape? Mappings by name hold tensors of all shapes."""
    if annotation is None:
        return False
    if isinstance(annotation, ast.Subscript):
        outer = dotted(annotation.value).split(".")[-1]
        if re.fullmatch(SHAPES, outer) or outer in ("dict", "Mapping", "MutableMapping"):
            return False
    if dotted(annotation) in ("Tensor", "torch.Tensor"):
        return True
    return any(shapeless(child) for child in ast.iter_child_nodes(annotation))


def annotations(node: ast.ClassDef | Function) -> Iterator[tuple[str, ast.AST | None]]:
    """The annotations of a function's arguments and result, or of a class's fields."""
    if isinstance(node, ast.ClassDef):
        yield from ((dotted(field.target), field.annotation) for field in node.body if isinstance(field, ast.AnnAssign))
    else:
        given = node.args
        for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]:
            if argument is not None:
                yield argument.arg, argument.annotation
        yield "its result", node.returns


def test_every_public_tensor_says_its_shape() -> None:
    bare = [
        f"{at(path, node)} {node.name}: {name}"
        for path, tree in SOURCES.items()
        for node in public(tree)
        for name, annotation in annotations(node)
        if shapeless(annotation)
    ]
    none_of(bare, 'write Float[Tensor, "B T C"]')


def imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every import of a file, with the module's full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def test_nothing_prebuilt_and_nothing_executable_is_imported() -> None:
    banned = ("transformers", "pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "random",
              "torch.nn.Transformer", "torch.nn.MultiheadAttention", "numpy.random")  # fmt: skip
    found = [
        f"{at(path, node)} {name}"
        for path, tree in SOURCES.items()
        for node, name in imported(tree)
        if any(name == each or name.startswith((each + ".", each + "Encoder", each + "Decoder")) for each in banned)
    ]
    none_of(found, "not in the core")


def forbidden(call: ast.Call) -> str | None:
    """What is wrong with this call, if anything."""
    name, keywords = dotted(call.func), {keyword.arg: keyword.value for keyword in call.keywords}
    last = name.rpartition(".")[2]
    if re.search(r"\bnn\.(Transformer|MultiheadAttention)", name):
        return f"{name} is prebuilt"
    if name == "torch.load":
        return "torch.load executes what it loads; use safetensors"
    if name in ("eval", "exec") or (last == "load" and "allow_pickle" in keywords):
        return f"{name} executes what it is given"
    if name == "torch.manual_seed" and not any("derive" in dotted(getattr(each, "func", each)) for each in call.args):
        return "seed the global generator only with derive(seed, what, step)"
    if last in DRAWS and "generator" not in keywords and not name.startswith(("generator.", "random.")):
        return f"{name} draws without an explicit generator"
    return None


def test_no_call_executes_data_or_draws_without_a_generator() -> None:
    calls = [(path, node) for path, tree in SOURCES.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    none_of([f"{at(path, call)} {wrong}" for path, call in calls if (wrong := forbidden(call))], "forbidden")


@pytest.mark.parametrize(
    "call",
    [
        "torch.load(f)",
        "np.load(f, allow_pickle=True)",
        "eval(x)",
        "nn.TransformerEncoder()",
        "torch.manual_seed(0)",
        "torch.randint(3, (2,))",
        "weight.normal_()",
    ],
)
def test_the_forbidden_calls_are_noticed(call: str) -> None:
    assert forbidden(ast.parse(call, mode="eval").body)  # type: ignore[arg-type]


def test_figures_know_numpy_and_matplotlib_only() -> None:
    allowed = {"numpy", "matplotlib", "hornbook.errors", "hornbook.figures"}
    standard = {"__future__", "collections", "dataclasses", "math", "typing", "itertools", "functools", "io", "pathlib"}
    found = [
        f"{at(path, node)} {name}"
        for path, tree in SOURCES.items()
        if path.parent.name == "figures"
        for node, name in imported(tree)
        if not any(name == each or name.startswith(each + ".") for each in allowed | standard)
    ]
    none_of(found, "figures take numbers and return figures")


def test_no_path_of_one_machine_and_no_unfinished_note_is_left() -> None:
    paths, notes = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + r"me/\w"], ["TO" + "DO", "FIX" + "ME", "X" * 3]
    words, found = re.compile("|".join([*paths, *notes])), []
    for path in FILES:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        bad = [number for number, line in enumerate(lines) if words.search(line)]
        found += [f"{path.relative_to(ROOT)}:{number + 1}: {lines[number].strip()[:80]}" for number in bad]
    none_of(found, "found")

"""YAML read so that a mistake can be named by its line."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

from pipeline.recommendation.errors import RulesError

Model = TypeVar("Model", bound=BaseModel)


def load(path: Path) -> tuple[Any, Node]:
    """The file's content and its tree. Raises RulesError."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise RulesError(path, None, "the file is empty")
        return yaml.safe_load(text), node
    except OSError as error:
        raise RulesError(path, None, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise RulesError(path, None, "is not UTF-8 text; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise RulesError(path, line, f"is not YAML: {error.problem or error.context}") from error


def line_of(node: Node, where: tuple[int | str, ...]) -> int:
    """The line of the value that `where` leads to, or of the nearest one above it."""
    for step in where:
        inner = _child(node, step)
        if inner is None:
            break
        node = inner
    return node.start_mark.line + 1


def _child(node: Node, step: int | str) -> Node | None:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def parse(model: type[Model], path: Path) -> tuple[Model, Node]:
    """The file as `model`. Raises RulesError naming the line of the first thing that is wrong."""
    content, node = load(path)
    try:
        return model.model_validate(content), node
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RulesError(path, line_of(node, first["loc"]), f"{where}: {first['msg']}") from error

"""`serve_config.yaml`, read and checked before anything starts: a mistake is told with its line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from cli.output import CommandError

FILE_NAME = "serve_config.yaml"
GRAPH = "deployments.app:build_app"
STAGES = ("ingress", "gate", "transcriber", "recommender", "recorder")

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    path: Path
    document: dict[str, Any]
    nodes: yaml.Node  # the same, with the lines

    def line_of(self, location: Sequence[int | str]) -> int:
        """The line, from 1, of the deepest part of `location` that the file has."""
        node = self.nodes
        line: int = node.start_mark.line
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line + 1

    def at(self, location: Sequence[int | str]) -> str:
        return f"{self.path}, line {self.line_of(location)}"


@dataclass(frozen=True, slots=True)
class Graph(Generic[Settings]):
    """One application of ours in the file."""

    location: tuple[int | str, ...]  # of its arguments
    settings: Settings


def find_config(asked: Path | None) -> Path:
    """The file asked for, else the one in this folder, else the one that ships with Balto."""
    shipped = Path(__file__).parents[2] / FILE_NAME
    path = asked or (Path(FILE_NAME) if Path(FILE_NAME).is_file() else shipped)
    if not path.is_file():
        raise CommandError(f"there is no file {path}; name one with --config")
    return path.resolve()


def read_config(path: Path) -> ConfigFile:
    """Raises CommandError with file, line and reason."""
    try:
        text = path.read_text(encoding="utf-8")
        nodes = yaml.compose(text, yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CommandError(f"{path}, line {line}: {error.problem or 'not YAML'}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from None
    if nodes is None or not isinstance(document, dict):
        raise CommandError(f"{path}, line 1: an object with `applications:` is expected")
    return ConfigFile(path, document, nodes)


def check_config(config: ConfigFile, schema: type[BaseModel], settings: type[Settings]) -> list[Settings]:
    """The file against `schema`; returns the arguments of each graph of ours. Raises CommandError."""
    check_document(config, schema)
    return [graph.settings for graph in read_graphs(config, settings)]


def check_document(config: ConfigFile, schema: type[BaseModel]) -> None:
    """The file as a whole, such as Ray Serve's own schema has it. Raises CommandError."""
    _validate(config, schema, config.document, ())


def check_deployments(config: ConfigFile, fields: Collection[str]) -> None:
    """Ray Serve passes over a deployment it does not know, and over a misspelt field. Raises CommandError for both."""
    applications = config.document["applications"]
    for index, application in enumerate(applications):
        if application.get("import_path") != GRAPH:
            continue
        for number, deployment in enumerate(application.get("deployments") or ()):
            location = ("applications", index, "deployments", number)
            if (name := deployment.get("name")) not in STAGES:
                known = ", ".join(STAGES)
                raise CommandError(f"{config.at((*location, 'name'))}: there is no deployment {name!r}; known: {known}")
            for field in deployment.keys() - set(fields):
                raise CommandError(
                    f"{config.at((*location, field))}: {name} has no setting {field!r}{_meant(field, fields)}"
                )


def check_autoscaling(config: ConfigFile, settings: type[BaseModel]) -> None:
    """Ray Serve looks into `autoscaling_config` only once it deploys. Raises CommandError."""
    for index, application in enumerate(config.document["applications"]):
        for number, deployment in enumerate(application.get("deployments") or ()):
            if isinstance(scaling := deployment.get("autoscaling_config"), dict):
                location = ("applications", index, "deployments", number, "autoscaling_config")
                _validate(config, settings, scaling, location)


def _meant(field: str, fields: Collection[str]) -> str:
    close = get_close_matches(field, fields, 1)
    return f"; did you mean {close[0]}?" if close else ""


def read_graphs(config: ConfigFile, settings: type[Settings]) -> list[Graph[Settings]]:
    """The arguments of each graph of ours, as far as the file has any; its shape is left to `check_document`.

    Raises CommandError.
    """
    applications = config.document.get("applications")
    graphs = []
    for index, application in enumerate(applications if isinstance(applications, list) else ()):
        if isinstance(application, dict) and application.get("import_path") == GRAPH:
            location = ("applications", index, "args")
            graphs.append(Graph(location, _validate(config, settings, application.get("args") or {}, location)))
    return graphs


def _validate(config: ConfigFile, model: type[Settings], value: object, prefix: tuple[int | str, ...]) -> Settings:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        location = (*prefix, *first["loc"])
        name = ".".join(str(part) for part in first["loc"]) or FILE_NAME
        given = "" if first["type"] in ("missing", "extra_forbidden") else f" (it is {first['input']!r})"
        raise CommandError(f"{config.at(location)}: {name}: {first['msg']}{given}") from None


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line, item
    return None

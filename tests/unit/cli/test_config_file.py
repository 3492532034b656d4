from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from cli.output import CommandError
from cli.run.config_file import check_autoscaling, check_config, check_deployments, find_config, read_config
from configs.application import ApplicationSettings

GOOD = """\
http_options: {host: 0.0.0.0, port: 8765}
applications:
  - name: balto
    import_path: deployments.app:build_app
    args:
      gate: {engine: cascade}
      ingress:
        max_counters: 10
"""


class Schema(BaseModel):
    model_config = ConfigDict(extra="allow")
    applications: list[dict[str, object]] = Field(min_length=1)


def check(folder: Path, text: str) -> None:
    path = folder / "serve_config.yaml"
    path.write_text(text, encoding="utf-8")
    check_config(read_config(path), Schema, ApplicationSettings)


def test_a_good_file_passes(tmp_path: Path) -> None:
    check(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("max_counters: 10", "max_counters: 0"), r"line 8: ingress\.max_counters: .*\(it is 0\)"),
        (GOOD.replace("engine: cascade", "engine: magic"), r"line 6: gate\.engine: .*'magic'"),
        (GOOD.replace("max_counters", "max_countesr"), r"line 8: ingress\.max_countesr: Extra inputs"),
        (GOOD.replace("applications:", "aplications:"), r"line 1: applications: Field required"),
        (GOOD.replace("{engine: cascade}", "{engine: cascade"), r"line \d+: .*expected"),
        ("applications: []\n", r"line 1: applications: "),
        ("", "line 1: an object"),
        ("- 1\n", "line 1: an object"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CommandError, match=rf"serve_config\.yaml, {told}"):
        check(tmp_path, text)


class Scaling(BaseModel):
    min_replicas: int = 1


def test_a_mistake_in_autoscaling_is_told_before_serve_meets_it(tmp_path: Path) -> None:
    path = tmp_path / "serve_config.yaml"
    gate = "    deployments:\n      - name: gate\n        autoscaling_config:\n          min_replicas: two\n"
    path.write_text(GOOD + gate, encoding="utf-8")
    with pytest.raises(CommandError, match=r"line 12: min_replicas: .*\(it is 'two'\)"):
        check_autoscaling(read_config(path), Scaling)


def test_arguments_of_other_applications_are_theirs(tmp_path: Path) -> None:
    check(tmp_path, GOOD.replace("deployments.app:build_app", "other:app").replace("engine: cascade", "engine: magic"))


def test_the_file_asked_for_goes_first_then_this_folder_then_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = find_config(None)
    assert shipped.is_absolute()
    assert shipped.parent == Path(__file__).parents[3]
    (tmp_path / "serve_config.yaml").write_text(GOOD)
    assert find_config(None) == tmp_path / "serve_config.yaml"
    with pytest.raises(CommandError, match=r"there is no file other\.yaml; name one with --config"):
        find_config(Path("other.yaml"))


def test_the_shipped_file_is_good() -> None:
    check_config(read_config(Path(__file__).parents[3] / "serve_config.yaml"), Schema, ApplicationSettings)


@pytest.mark.parametrize(
    ("deployment", "told"),
    [
        ("{name: recordr, num_replicas: 1}", r"line 10: there is no deployment 'recordr'; known: ingress, gate"),
        ("{name: gate, num_replica: 1}", r"line 10: gate has no setting 'num_replica'; did you mean num_replicas\?"),
        ("{num_replicas: 1}", r"line 10: there is no deployment None"),
    ],
)
def test_a_misspelt_deployment_is_named_with_its_line(tmp_path: Path, deployment: str, told: str) -> None:
    path = tmp_path / "serve_config.yaml"
    path.write_text(f"{GOOD}    deployments:\n      - {deployment}\n", encoding="utf-8")
    with pytest.raises(CommandError, match=told):
        check_deployments(read_config(path), ["name", "num_replicas"])


def test_the_shipped_deployments_pass() -> None:
    from ray.serve.schema import DeploymentSchema

    check_deployments(read_config(find_config(None)), DeploymentSchema.model_fields)

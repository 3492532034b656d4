"""`balto regras`: learn the second reading's weights again from the cases kept beside the rules."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import CommandError, out
from configs.recommendation import RecommendationSettings
from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.rulebook import urgent_codes
from pipeline.recommendation.second_reading import FILE_NAME, load_second_reading
from pipeline.recommendation.second_reading_training import CASES_FOLDER, digest, learn, read_examples

app = typer.Typer(help="Keep the rules' second reading in step with their cases.", no_args_is_help=True)
Rules = Annotated[Path | None, typer.Option("--rules", help="rule file (YAML); default: the configured one")]


@app.command()
def aprender(rules: Rules = None) -> None:
    """Weigh the cases beside the rules anew, and write the weights. The same cases give the same file."""
    path = rules or RecommendationSettings().rules
    try:
        examples = read_examples(path.with_name(CASES_FOLDER), urgent_codes(path))
    except RulesError as error:
        raise CommandError(str(error)) from error
    weights = learn(examples)
    target = path.with_name(FILE_NAME)
    target.write_text(weights.model_dump_json(indent=0) + "\n", encoding="utf-8")
    out.print(f"{len(examples)} cases, {len(weights.pesos)} stems and pairs → {target}")


@app.command()
def check(rules: Rules = None) -> None:
    """Whether the weights were learnt from the cases as they are now; exits 1 if not."""
    path = rules or RecommendationSettings().rules
    try:
        learnt_from = load_second_reading(path.with_name(FILE_NAME)).cases
        now = digest(read_examples(path.with_name(CASES_FOLDER), urgent_codes(path)))
    except RulesError as error:
        raise CommandError(str(error)) from error
    if learnt_from != now:
        raise CommandError(f"{FILE_NAME} was learnt from other cases; run `balto regras aprender`")
    out.print("the second reading is in step with its cases")

"""A refresh every night, as a DAG of Airflow 3: `tamis curate`, then `tamis verify`.

What is run is said by Airflow's variables (README.md); what a run does is Tamis's alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

HELD = 3
"""Exit code of a release that its gate holds: the same input would be held again."""


class TamisOperator(BashOperator):
    """A command of Tamis, tried again when it fails unless a gate held the release: that is for a person."""

    def __init__(self, **given: Any) -> None:
        super().__init__(skip_on_exit_code=HELD, append_env=True, **given)

    def execute(self, context: Any) -> Any:
        """What the command printed last."""
        try:
            return super().execute(context)
        except AirflowSkipException:
            raise AirflowFailException("a gate holds the release; the log says which limit") from None


def _variable(name: str, default: str | None = None) -> str:
    """Template of one of Airflow's variables; without a default it has to be set."""
    found = f"var.value.{name}" if default is None else f"var.value.get('{name}', '{default}')"
    return "{{ " + found + " }}"


with DAG(
    "tamis_refresh",
    description="Curates the dataset anew and publishes it, unless its gate holds it.",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={
        "pool": "tamis",
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=20),
        "env": {
            "TAMIS": _variable("tamis_command", "tamis"),
            "RECIPE": _variable("tamis_recipe"),
            "OUTPUT": _variable("tamis_output"),
            "OPTIONS": _variable("tamis_options", ""),
        },
    },
    tags=["tamis"],
) as dag:
    # The values come through the environment, so no shell reads them; `exec`, so that a stop reaches Tamis.
    curate = TamisOperator(
        task_id="curate",
        bash_command='exec "$TAMIS" curate --recipe "$RECIPE" --output "$OUTPUT" --previous latest $OPTIONS',
    )
    verify = TamisOperator(task_id="verify", bash_command='exec "$TAMIS" verify "$OUTPUT"')
    curate >> verify

"""What an export is asked for, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import UsageError
from pipelines.options import check_seed
from schemas.verdict import Verdict
from transforms.kernels.fitting import TooLong
from transforms.kernels.templates import SHAPES, TEMPLATES, check_template
from transforms.kernels.user_template import BadTemplateError, UserTemplate
from transforms.steps import storage
from transforms.steps.reader import READ_ERRORS

FORMATS = {"parquet": "parquet", "jsonl": "jsonl"}
"""How files of each format end."""

DROPPED = (Verdict.REJECTED.value, Verdict.DUPLICATE.value)
_TEMPLATE_ENDINGS = (".jinja", ".jinja2", ".j2")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which rows of a release to write, how, and where to."""

    release: str
    output: str
    template: str
    format: str = "parquet"
    verdict: str = Verdict.KEPT.value
    eos: str = ""
    tokenizer: str | None = None
    max_tokens: int | None = None
    too_long: TooLong = "drop"
    pack: int | None = None
    validation: float = 0.0
    seed: int = 0
    workers: int | None = None


@dataclass(frozen=True, kw_only=True)
class Style:
    """How every row is written; `source` is the text of a user's template."""

    template: str
    source: str | None
    format: str
    eos: str
    tokenizer: str | None
    max_tokens: int | None
    too_long: TooLong

    @property
    def makes_text(self) -> bool:
        """Whether an example becomes one text, of which it is told what is learned."""
        return self.template not in SHAPES

    @classmethod
    def of(cls, request: Request) -> Style:
        """The style that is asked for, if there is such a thing."""
        _check_numbers(request)
        style = cls(
            template=request.template,
            source=_read_template(request.template),
            format=request.format,
            eos=request.eos,
            tokenizer=request.tokenizer,
            max_tokens=request.max_tokens,
            too_long=request.too_long,
        )
        _check_together(request, style)
        return style


def _check_numbers(request: Request) -> None:
    for name in ("max_tokens", "pack", "workers"):
        number = getattr(request, name)
        if number is not None and number < 1:
            flag = name.replace("_", "-")
            raise UsageError(f"--{flag} takes a whole number from 1, found {number}")
    check_seed(request.seed)


def _check_together(request: Request, style: Style) -> None:
    """Refuse what makes no sense with something else."""
    if request.eos.encode(errors="replace").decode() != request.eos:
        raise UsageError(f"--eos takes text in UTF-8, found {request.eos!r}")
    structured = request.template in {"messages", "sharegpt"}
    if structured and request.eos:
        raise UsageError(f"--eos is for templates that make text; a trainer ends {request.template} itself")
    if request.too_long == "truncate" and request.max_tokens is None:
        raise UsageError("--too-long truncate takes --max-tokens, which says from where rows are too long")
    if request.too_long == "truncate" and not style.makes_text:
        raise UsageError(
            f"--too-long truncate is for templates that make one text, which {request.template} does not; "
            "leave it out to drop what is too long"
        )
    if request.validation and request.verdict != Verdict.KEPT.value:
        raise UsageError(
            f"--validation splits the rows that are kept, not those of --verdict {request.verdict}"
        )


def _read_template(name: str) -> str | None:
    """The text of a user's template; None where the name is of one that is built in."""
    if name in TEMPLATES:
        return None
    if not (name.endswith(_TEMPLATE_ENDINGS) or storage.exists(name)):
        try:
            check_template(name)
        except ValueError as error:
            raise UsageError(f"{error}, or the path of a Jinja file") from None
    try:
        return storage.read_bytes(name).decode()
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not a Jinja template: it is not UTF-8") from None
    except FileNotFoundError:
        raise UsageError(f"the template {name} cannot be read: there is no such file") from None
    except READ_ERRORS as error:
        raise UsageError(f"the template {name} cannot be read: {error}") from None


def open_template(style: Style) -> UserTemplate | None:
    """The user's template, compiled; None where it is a built-in one."""
    if style.source is None:
        return None
    try:
        template = UserTemplate(style.source, style.template)
    except BadTemplateError as error:
        raise UsageError(str(error)) from None
    if style.eos and "eos_token" not in template.variables:
        raise UsageError(f"--eos has no effect: {style.template} does not write eos_token")
    return template

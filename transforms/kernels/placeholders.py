"""Slots that nobody filled in, found in outputs: what kind each is, and whether the instruction wants it.

The words of slots are in `phrases/placeholders.yaml`; the shapes they stand in are here. One search over the
column finds the few rows that may have a slot, and only these are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from transforms.kernels.phrases import alternatives, load_phrases

_FLAGS = regex.IGNORECASE | regex.VERSION1
_COMMENT = r"(?://|#|--|/\*|<!--|%|;;|\*)"
_STUB_VERBS = "your|add|write|insert|implement|put|place|handle|perform|do|fill|enter|include|process|other|more|rest"
_STUB_NOUNS = "code|logic|implementation|tests?|content|text|function|functionality|statements?|routes|methods?|styles?|body|work|stuff|something"

SHAPES: dict[str, str] = {
    "bracket": r"(?<![\w\])}$\\!@])[\[［【](?P<inside>[^\[\]{}<>=;:|$\\\n［］【】]{1,70})[\]］】](?![(\[\w:])",
    "parenthesis": r"[(（](?:insert [\w'’ ]{2,40}|(?:your|full|ihr|votre|su|tu|seu|il tuo) (?:full |first |last )?(?:name|nom|nombre|nome|title|position|company|signature|address|phone|email)[\w'’ ]{0,20}|(?:您的|你的|请填写|请输入|此处填写|あなたの)[\p{Han}ぁ-んァ-ン]{1,10})[)）]",
    "residue": r"<[\w ]*placeholder[\w ]*>|(?<![${\w])\{\{ ?\.?[\p{L}][\p{L}\w .]{0,40}\}\}(?!\})|<no ?(?:in|out)put>|\[image\]|\[(?:your )?response(?: here)?\]",
    "brace": r"(?<![\w${\\(\[])\{(?:(?:insert|your|enter)[ _][\w' ]{2,40}|(?:[a-z]+[ _])?(?:name|date|company|title)|[A-Z][a-z]+ [A-Z][a-z]+|[\p{Han}]{2,8})\}(?!\})",
    "angle": r"(?<![?\w])<(?P<angled>(?:your|insert|enter|my)?[-_ ]?[\p{L}][\p{L}\d]*(?:[-_ ][\p{L}\d]+){0,5})>",
    "blank": r"(?<![_\w`|/\\\"“'])_{3,}(?![_`|/\\\"”']|[\p{Latin}\d])",
    "yours": r"\bYOUR[_-][A-Z][A-Z0-9_-]+\b|\byour[_-](?:[a-z0-9]+[_-])*(?:key|id|token|secret|password|username|user|name|repo|repository|app|project|domain|url|host|bucket|email|account|api|path|file|server|database|db|table|region|endpoint|image|email|branch)\b(?!\s*\()|(?<![\w.])/?path/to/(?:your|the|my)?[\w./-]*|\byour(?:domain|website|company|username|password|site|email)\b|\bYour(?:Username|Password|ApiKey|APIKey|ServerName|DatabaseName|ProjectName|AppName|ClassName)\b",
    "crosses": r"(?<![\w])[#$€£]?X{2,}(?:[-/. ]X{2,}){1,3}(?!\w)|[#$€£]X{2,}(?!\w)|(?<!\w)X{4,}(?!\w)|(?<!\w)XX ?%|(?<=\p{Han})[XＸ×]{2,}|(?<![\w])[XＸ×]{2,}(?=\p{Han})|[〇○◯]{2,}(?=[様さ会株大学年月日県市])|(?<=[私はの])[〇○◯]{2,}",
    "stub": rf"{_COMMENT}\s*(?:TODO|FIXME)\b|\bTODO\s?: *[\p{{L}}]|\[TODO[^\]\n]*\]|(?://|#|/\*|<!--|%)\s*(?:\.\.\.|…)|{_COMMENT}[^\S\n]*+(?=[^\n]{{0,80}}here\b|[^\n]{{0,10}}(?:rest of|existing|remaining|same|your))(?:[^\n]{{0,40}}?\b(?:{_STUB_VERBS})\b[^\n]{{0,40}}?\b(?:{_STUB_NOUNS})\b(?: goes)? here\b|[^\n]{{0,30}}?\b(?:{_STUB_NOUNS}) goes? here\b|(?:your|the rest of(?: the| your)?|rest of(?: the| your)?|existing|remaining|same) (?:{_STUB_NOUNS})\b)|\bsame as (?:before|above)\.\.\.|\((?:rest|remainder) of [^()\n]{{1,40}}\)|\b(?:your|insert|add) (?:code|text|content|answer|response|solution) here\b",
    "elision": r"(?m)^[ \t]*(?:\d+[.)]|[-*•])?[ \t]*(?:\.\.\.|…|\[(?:\.\.\.|…)\])[ \t]*$(?=\n)|\|[ \t]*(?:\.\.\.|…)[ \t]*\|",
    "undecided": r"\|\s*(?:TBD|TBA|T\.B\.D\.)\s*(?=\|)",
    "filler": r"\blorem ipsum dolor\b",
}
"""Regular expressions of the shapes that slots have, by kind; those with a group are looked into further."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "bracket": ("[", "［", "【"),
    "parenthesis": ("(insert", "(your", "(Insert", "(Your", "(full", "(Full", "（", "(Ihr", "(Votre", "(Su ", "(Tu ", "(Seu"),
    "residue": ("{{", "<no", "laceholder", "[image]", "[Image]", "response"),
    "yours": ("YOUR", "your_", "your-", "path/to", "yourd", "yourw", "yourc", "youru", "yourp", "yours", "youre", "YourU", "YourP", "YourA", "YourS", "YourD", "YourC"),
    "crosses": ("XX", "××", "ＸＸ", "〇〇", "○○", "◯◯"),
    "stub": ("TODO", "FIXME", "//", "#", "/*", "<!--", "%", "here", "same as", "("),
    "elision": ("...", "…"),
}
"""Texts of which a shape has one, so that most rows need not be searched for it."""

_HINT = (
    r"(?i)\[[^\[\]\n]*(?:{words})[^\[\]\n]*\]|［[^［］\n]*］|【[^【】\n]*】|[(（](?:insert|your|您的|你的|请填写|あなたの|ihr name|votre|su nombre)"
    r"|\{{\{{ ?\.?\pL|<no ?(?:in|out)put>|placeholder|\[image\]|\{{[\pL _']+\}}|<[\pL]+[-_ ][\pL\d_ -]+>|<(?:your|insert|enter)\pL*>"
    r"|___|\byour[_-]|path/to/|\byour(?:domain|website|company|username|password|site|apikey|servername|databasename|projectname|appname|classname|email)\b"
    r"|XX|[×〇○◯Ｘ][×〇○◯Ｘ]|TODO|FIXME|(?://|#|--|/\*|<!--|%|;;|\*)\s*(?:\.\.\.|…)| here\b[^\n]{{0,4}}\n| here\b *\*/| here\b *-->| here$"
    r"|same as (?:before|above)|\(re(?:st|mainder) of|(?:rest of|remaining|existing|same) (?:the |your )?(?:code|logic|methods)"
    r"|\n[ \t]*(?:\d+[.)]|[-*•])?[ \t]*(?:\.\.\.|…|\[(?:\.\.\.|…)\])[ \t]*\n|\|[ \t]*(?:\.\.\.|…|TBD|TBA)|lorem ipsum"
)
"""What RE2 looks for in a whole column: every slot is in a row that has this, most other rows have not."""

TEMPLATING = regex.compile(
    r"\{%|\bv-(?:for|if|bind)|\bng-|\bjinja|\bhandlebars|\bmustache|\bvue\b|\bangular|\bdjango|\bflask|\bliquid|\bhelm|"
    r"\bansible|\bgithub actions|\bworkflow|\bgo template|\btwig|\bejs\b|\bblade|\bsvelte|\breact\b|\btemplat(?:e|ing) "
    r"(?:engine|language|syntax)|style=\{\{|<\w+[^>]*\{\{",
    _FLAGS,
)
_CODE_LINE = regex.compile(r"[;{}]\s*$|^\s*(?:def|import|from|return|var|let|const|public|for|if|SELECT|print)\b|[=(]\s*\[")
_DRAWING = regex.compile(r"[|\\]|/_|_/|_{3,}\s*_{3,}\s*_{3,}|^[\s_]+$")
_TAG = frozenset("a b i p u s br hr li ul ol td th tr em h1 h2 h3 h4 div img nav pre sub sup svg body code font form head html link main meta span text title style table tbody thead input label button script strong select option header footer section article string int float bool char void number any object key value type".split())  # noqa: SIM905 a literal would take a line for each
_USAGE = regex.compile(r"(?:^|[-_ ])(?:your|insert|enter|my|name|url|id|file|filename|path|repo|repository|branch|key|token|user|username|password|host|port|version|number|date|email|address|commit|message|directory|folder|package|project|app|server|database|table|ip|value|region|account|title|here)(?:$|[-_ ])|^your|^insert", _FLAGS)
_TITLED = regex.compile(r"[A-Z][\w'’]+(?:[ /-](?:[A-Z][\w'’]+|of|the|and|or|&))+")
_TITLES = regex.compile(r"(?<=[\p{L},.] )\[([A-Z][\w'’]+(?:[ /-](?:[A-Z][\w'’]+|of|the|and|or|&))+)\]")
_LETTER = regex.compile(r"(?:\bdear|\bhello|\bhi|\bhey|sehr geehrte|liebe|cher|chère|estimad|prezad|caro|уважаем|尊敬的|亲爱的|拝啓|sincerely|regards|best|cheers|warmly|thank you|grüßen|cordialement|saludos|atenciosamente|уважением|此致|敬上)[\p{P}\s]*(?:\p{L}+[\p{P}\s]+){0,3}[\[{<【［(（]", _FLAGS)


_EVASION = regex.compile(r"your code|your implementation|your logic|implement|write (?:your )?(?:code|tests?)|rest of|same (?:as|code)|existing code|remaining|TODO|\.\.\.|…|code (?:goes )?here|answer here", _FLAGS)


class Slot(NamedTuple):
    """An unfilled slot: where it stands in the output, its kind in `SHAPES`, and whether it is a defect."""

    start: int
    end: int
    kind: str
    defect: bool


@dataclass(frozen=True)
class _Words:
    """The compiled words of `phrases/placeholders.yaml`."""

    opener: regex.Pattern[str]
    noun: regex.Pattern[str]
    direction: regex.Pattern[str]
    wanted: regex.Pattern[str]
    hint: str


def _whole(words: list[str], *, before: str = "") -> regex.Pattern[str]:
    """Any of the words, on its own where the script parts words."""
    spaced = [word for word in words if not regex.search(r"[\p{Han}ぁ-んァ-ン가-힣]", word)]
    unspaced = [word for word in words if word not in spaced]
    either = [rf"(?<!\w)(?:{alternatives(spaced)})(?:'s|’s|s)?(?!\w)", alternatives(unspaced)]
    return regex.compile(f"{before}(?:{'|'.join(filter(None, either))})", _FLAGS)


@cache
def _words() -> _Words:
    listed = load_phrases("placeholders")
    either = "|".join(regex.escape(word) for word in [*listed["openers"], *listed["nouns"]])
    return _Words(
        _whole(listed["openers"], before="^ *"),
        _whole(listed["nouns"]),
        _whole(listed["directions"]),
        _whole(listed["wanted"]),
        _HINT.format(words=either),
    )


@cache
def _shapes() -> dict[str, regex.Pattern[str]]:
    return {kind: regex.compile(shape, _FLAGS if kind in {"bracket", "parenthesis", "residue", "filler"} else regex.VERSION1) for kind, shape in SHAPES.items()}


def hints(column: pa.LargeStringArray) -> np.ndarray:
    """Mark the texts that may have a slot."""
    return np.asarray(pc.match_substring_regex(column, _words().hint).to_numpy(zero_copy_only=False))


def find_slots(prompt: str, output: str) -> list[Slot]:
    """The unfilled slots of an output, in the order they stand in.

    >>> [slot.kind for slot in find_slots("Write a letter.", "Dear [Name],\\nyour {{author}}")]
    ['bracket', 'residue']
    >>> find_slots("Which types?", "`[String, Number]`, and [more](https://a.b)")
    []
    """
    found = [
        (match.start(), match.end(), kind)
        for kind, shape in _shapes().items()
        if any(needed in output for needed in _NEEDED.get(kind, ("",)))
        for match in shape.finditer(output)
        if _CHECKS.get(kind, _always)(match, prompt, output)
    ]
    return [Slot(*place, _is_defect(place, prompt, output)) for place in sorted(found)]


def _line(match: regex.Match[str]) -> str:
    text = match.string
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return text[start : len(text) if end < 0 else end]


def _always(match: regex.Match[str], prompt: str, output: str) -> bool:
    return True


def _bracket(match: regex.Match[str], prompt: str, output: str) -> bool:
    inside, words = match["inside"].strip(), _words()
    if words.opener.match(inside) or regex.search(r"\bplaceholder\b", inside):
        return True
    if regex.search(r"(?:dear|sincerely|regards|yours),? \[$", output[max(0, match.start() - 12) : match.start() + 1], _FLAGS):
        return True
    if _TITLED.fullmatch(inside) and len({each for each in _TITLES.findall(output) if not words.direction.search(each)}) > 1:
        return True
    if words.direction.search(inside) or regex.match(r"INT\b|EXT\b", inside) or len(inside.split()) > 8 or not words.noun.search(inside):
        return False
    if _CODE_LINE.search(_line(match)) or regex.search(r"[\"`]|\d{2}|, ?\d", inside):
        return False
    return inside[0].isupper() or inside[0] == "#" or inside.isupper() or not inside.isascii() or inside == inside.lower()


def _residue(match: regex.Match[str], prompt: str, output: str) -> bool:
    return "{" not in match[0] or not (TEMPLATING.search(prompt) or TEMPLATING.search(output))


def _brace(match: regex.Match[str], prompt: str, output: str) -> bool:
    line = _line(match)
    return not regex.search(r"\bf[\"']|\$|[;=<>]|format|print|\\", line) and not TEMPLATING.search(prompt)


def _angle(match: regex.Match[str], prompt: str, output: str) -> bool:
    name = match["angled"]
    if name.lower() in _TAG or f"</{name}" in output or f"</{name}" in prompt:
        return False
    if regex.search(r"usage|用法", _line(match), _FLAGS) or name.startswith("file_"):
        return False
    return bool(_USAGE.search(name)) and match[0] not in prompt and ("-" in name or "_" in name or " " in name or bool(regex.match("your|insert", name, _FLAGS)))


def _blank(match: regex.Match[str], prompt: str, output: str) -> bool:
    line = _line(match)
    rest = regex.sub(r"_+", " ", line)
    if _DRAWING.search(line) and not regex.search(r"\p{L}{2,}.*\p{L}{2,}", rest):
        return False
    if regex.search(r"[\\/|]_|_[\\/|]|[`^~]|\)\)|\(\(|//|--", line):
        return False
    if not rest.strip():
        return bool(regex.search(r"[:：?？]\s*\n\s*$", output[: match.start()][-80:]))
    return bool(regex.search(r"\p{L}{2,}|[\p{Han}]", rest)) and not regex.search(r"_[a-z]\w*__|[=;{}<>]", line)


def _crosses(match: regex.Match[str], prompt: str, output: str) -> bool:
    return match[0] not in prompt and not regex.search(r"\b[IVX]+\.", match[0] + output[match.end() : match.end() + 1])


def _yours(match: regex.Match[str], prompt: str, output: str) -> bool:
    return match[0] not in prompt and not ("path/to" in match[0] and "path/to" in prompt)


def _stub(match: regex.Match[str], prompt: str, output: str) -> bool:
    if "todo" in match[0].lower():
        return not regex.search(r"to-?do", prompt, _FLAGS)
    return True


def _elision(match: regex.Match[str], prompt: str, output: str) -> bool:
    return match[0].strip() not in prompt or "|" in match[0]


def _filler(match: regex.Match[str], prompt: str, output: str) -> bool:
    return not regex.search(r"lorem|ipsum|filler|dummy|placeholder|random text|sample|example|html|css|latex|web ?(?:page|site)|layout|code|template", prompt, _FLAGS)


def _undecided(match: regex.Match[str], prompt: str, output: str) -> bool:
    return len(regex.findall(r"\bTB[DA]\b", output)) >= 3


_CHECKS = {"bracket": _bracket, "residue": _residue, "brace": _brace, "angle": _angle, "blank": _blank, "crosses": _crosses, "stub": _stub, "elision": _elision, "filler": _filler, "yours": _yours, "undecided": _undecided}


def _is_defect(place: tuple[int, int, str], prompt: str, output: str) -> bool:
    start, end, kind = place
    text = output[start:end]
    wanted = bool(_words().wanted.search(prompt))
    if kind == "residue":
        return not regex.search(r"\btemplate|模板|placeholder", prompt, _FLAGS)
    if kind == "elision" and output.count("```", 0, start) % 2:
        return False
    if kind in {"undecided", "filler", "elision"}:
        return not regex.search(r"\btemplate|\bform\b|模板|表格", prompt, _FLAGS)
    if kind == "stub":
        return bool(_EVASION.search(text)) and not regex.search(r"\bhow (?:do|can|would|to|should)\b|\btemplate|\bexample|\bboilerplate|\bskeleton", prompt, _FLAGS)
    if kind in {"angle", "yours", "crosses", "brace"}:
        return False
    if wanted or _LETTER.search(output):
        return False
    if kind == "blank":
        return len(output) > 0
    return bool(regex.match(r"[\[(【］（] ?(?:insert|fill|specify|einfügen|insér|insert|вставьте|插入)", text, _FLAGS)) or len(output) < 300

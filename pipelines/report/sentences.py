"""What each picture of the report shows, in a sentence with its figures."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report.words import decimals, group, percent, shorten, show, tell_tokens, tell_unreadable
from schemas.diversity import Index
from schemas.report import Corpus, Drift, Duplicates, Lengths, Moved, Prompts, Report, Share, WhatIf


def sentences(report: Report) -> dict[str, str]:
    """A sentence for the whole, and one for each picture, by its name."""
    read, kept = report.input, report.curated
    return {
        "whole": _whole(report),
        "since": _since(report),
        "funnel": "Each step takes its rows from those that are left; a row counts at its first reason.",
        "what": _describe(report),
        "rules": _strongest(report),
        "overlaps": _overlaps(report),
        "flags": _flags(report),
        "unreadable": _unreadable(report),
        "scale": _scale(read, kept),
        "verbs": f"{_commonest('Tasks', report.verbs, kept.rows)} {_even(report.indices, 'verb')}".strip(),
        "categories": _commonest("Categories", report.categories, kept.rows),
        "difficulties": _commonest("Difficulties", report.difficulties, kept.rows),
        "domains": _commonest("Domains", report.domains, kept.rows),
        "languages": f"{_commonest('Languages', report.languages, kept.rows)} {_untold(report)}".strip(),
        "outputs": _commonest("Languages of the output", report.output_languages, kept.rows),
        "sources": _commonest("Sources", report.sources, kept.rows),
        "pairs": _pairs(report),
        "shape": "Mean characters of instruction and output by task; a larger mark has more rows.",
        "openings": _openings(report),
        "phrasing": _phrasing(report),
        "indices": _indices(report.indices),
        "costs": _costs(report),
        "lengths": _lengths("characters", kept.instruction, kept.output, kept.whole),
        "tokens": _tokens(report),
        "task-tokens": f"The same in tokens, {tell_tokens(report.tokenizer)}.",
        "task-lengths": "Of the rows kept of each task, from what a quarter to what three quarters do not "
        "exceed, within 7\u00a0%; the tick is the median.",
        "inputs": f"{percent(kept.with_input, kept.rows)} of the rows kept have an input, "
        f"{percent(read.with_input, read.rows)} of those read.",
        "similarity": _similarity(report.duplicates),
        "clusters": f"{group(report.duplicates.clusters.count)} kept rows stand for others; the largest "
        f"cluster has {group(report.duplicates.clusters.largest or 0)} rows.",
        "what-if": _what_if(report.duplicates.what_if),
        "prompts": _prompts(report.prompts),
        "drift": _drift(report.moved),
    }


def difference(one: float, other: float) -> str:
    """Change from one number to another, with its sign.

    >>> difference(10, 12), difference(12, 10), difference(0.5, 0.25), difference(3, 3)
    ('+2', '-2', '-0.25', '0')
    """
    moved = group(other - one, decimals(one, other))
    return f"+{moved}" if other > one else moved


def _whole(report: Report) -> str:
    rows = report.rows
    text = f"{group(rows.kept)} of {group(rows.found)} rows are kept ({percent(rows.kept, rows.found)})."
    steps = sorted((step for step in report.funnel[1:-1] if step.removed), key=lambda step: -step.removed)
    if not steps:
        return f"{text} Nothing was removed."
    named = [f"{_plain(step.name)} ({group(step.removed)})" for step in steps[:3]]
    return f"{text} Most of the rest went as {', '.join(named)}."


def _plain(name: str) -> str:
    return show(name).replace("_", " ")


def _since(report: Report) -> str:
    moved = report.moved
    if moved is None:
        return "There is no earlier release to compare with."
    farthest = _farthest(moved)
    if moved.digest == report.digest:
        return f"It is the same as release {show(moved.release)}, row for row."
    text = f"Since release {show(moved.release)} it went from {group(moved.kept_before)} rows "
    text += f"to {group(moved.kept)}"
    if moved.entered is not None:
        text += f": {group(moved.entered)} entered, {group(moved.left)} left"
    if farthest.jensen_shannon_divergence == 0:
        return f"{text}; no distribution moved."
    return f"{text}; what moved most is {_plain(farthest.measure)} ({_bits(farthest)})."


def _farthest(moved: Moved) -> Drift:
    return max(moved.drift, key=lambda drift: drift.jensen_shannon_divergence)


def _bits(drift: Drift) -> str:
    """Divergence in bits; what is not quite none never reads as such."""
    bits = drift.jensen_shannon_divergence
    return "less than 0.001 bits" if 0 < bits < 0.0005 else f"{bits:.3f} bits"


def _drift(moved: Moved | None) -> str:
    if moved is None or not _farthest(moved).jensen_shannon_divergence:
        return "No distribution moved."
    text = "How far each distribution moved, in bits of Jensen-Shannon divergence (0 to 1)"
    return f"{text}; the farthest is {_plain(_farthest(moved).measure)}, {_bits(_farthest(moved))}."


def _similarity(duplicates: Duplicates) -> str:
    text = f"{group(duplicates.near)} near-duplicates are dropped, by their similarity with the row kept"
    left = duplicates.near / 2
    for entry in duplicates.similarity:
        left -= entry.rows
        if left <= 0 < entry.rows:
            return f"{text}; half of them are at most {entry.high:.2f}."
    return f"{text}."


def _what_if(levels: Sequence[WhatIf]) -> str:
    text = "Rows that other thresholds would have kept, survivors chosen anew"
    if len(levels) < 2:
        return f"{text}."
    ends = (f"{group(level.kept)} at {level.threshold:.2f}" for level in (levels[0], levels[-1]))
    return f"{text}: {', '.join(ends)}. The ring is this release."


def _prompts(prompts: Prompts | None) -> str:
    if prompts is None:
        return ""
    share = percent(prompts.conflicting, prompts.all)
    return (
        f"{group(prompts.conflicting)} of {group(prompts.all)} distinct prompts have several distinct "
        f"answers ({share}), {group(prompts.largest)} at most; {group(prompts.answers)} in all."
    )


def _strongest(report: Report) -> str:
    rule = max(report.rules, key=lambda rule: rule.all, default=None)
    if rule is None or not rule.all:
        return "No rule rejected a row."
    marked = f"{_plain(rule.name).capitalize()} marked most, {group(rule.all)} rows"
    return f"{marked}; no other rule rejects {group(rule.alone)} of them."


def _describe(report: Report) -> str:
    """What the rows kept are, by their commonest languages and tasks."""
    kept = report.curated.rows
    if not kept:
        return ""
    told = [share for share in report.languages if share.name not in {None, "und"} and share.curated]
    languages = ", ".join(_shares(told, kept, 2)) or "of no language that was told"
    tasks = ", ".join(_shares([share for share in report.verbs if share.curated], kept, 3))
    return f"Languages: {languages}; tasks: {tasks or 'none told'}."


def _overlaps(report: Report) -> str:
    if not report.overlaps:
        return ""
    first = report.overlaps[0]
    both = f"{_plain(first.one)} and {_plain(first.other)}"
    return f"Rows that two rules marked: {both} most often, {group(first.rows)}."


def _unreadable(report: Report) -> str:
    found, listed = report.rows.unreadable, len(report.unreadable)
    rows = f"with {group(report.rows.lost)} rows as far as they can be counted"
    text = f"{tell_unreadable(found)}, {rows}"
    return f"{text}; the first {listed} are listed." if found > listed else f"{text}."


def _flags(report: Report) -> str:
    flag = max(report.flags, key=lambda flag: flag.kept, default=None)
    text = "Flags mark rows and remove none."
    if flag is None or not flag.kept:
        return f"{text} No row kept has one."
    share = percent(flag.kept, report.curated.rows)
    return f"{text} The commonest is {_plain(flag.name)}, on {group(flag.kept)} rows kept ({share})."


def _scale(read: Corpus, kept: Corpus) -> str:
    rows, tokens = _part("rows", kept.rows, read.rows), _part("tokens", kept.tokens, read.tokens)
    return f"{rows}, {_part('characters', kept.characters, read.characters)} and {tokens} are kept."


def _part(name: str, kept: int, read: int) -> str:
    return f"{percent(kept, read)} of the {name} ({shorten(kept)} of {shorten(read)})"


def _shares(shares: Sequence[Share], kept: int, most: int) -> list[str]:
    """The commonest values of the rows kept, with their shares."""
    commonest = sorted(shares, key=lambda share: -share.curated)[:most]
    return [f"{show(share.name)} {percent(share.curated, kept)}" for share in commonest]


def _commonest(kind: str, shares: Sequence[Share], kept: int) -> str:
    listed = _shares([share for share in shares if share.curated], kept, 3)
    return f"{kind} of the rows kept: {', '.join(listed)}." if listed else f"{kind}: no rows kept."


def _even(indices: Sequence[Index], name: str) -> str:
    values = {index.scope: index.effective for index in indices if index.name == name}
    if not values:
        return ""
    return (
        f"They are as diverse as {values['curated']:.1f} equally common tasks ({values['input']:.1f} before)."
    )


def _untold(report: Report) -> str:
    rows = sum(share.curated for share in report.languages if share.name in {None, "und"})
    return f"It cannot be told for {group(rows)} of them." if rows else ""


def _pairs(report: Report) -> str:
    pairs = report.pairs
    if pairs is None or not pairs.top:
        return "No verb with a noun was found."
    first = pairs.top[0]
    size = (
        f"a sample of {group(pairs.rows)} rows, ±{100 * pairs.error:.1f} points"
        if pairs.error
        else "all rows"
    )
    pair = f"{show(first.verb)} {show(first.noun)}"
    return f"{group(pairs.distinct)} pairs of verb and noun in {size}; {pair} is the commonest."


def _openings(report: Report) -> str:
    if not report.phrasing or not report.phrasing[-1].rows:
        return "No text was sampled."
    kept = report.phrasing[-1]
    text = f"How {group(kept.rows)} sampled instructions begin, before and after"
    if not kept.openings:
        return f"{text}."
    first = kept.openings[0]
    return f"{text}: “{show(first.words)}” is the commonest of those kept, {percent(first.rows, kept.rows)}."


def _phrasing(report: Report) -> str:
    text = "Shares of distinct words and runs of words, and the Vendi score, on equally large samples of the "
    text += "rows read and kept; more is more varied."
    scores = [side.vendi for side in report.phrasing if side.vendi is not None]
    if len(scores) < 2:
        return text
    return f"{text} The score is {scores[0]:.1f} before and {scores[1]:.1f} after."


def _indices(indices: Sequence[Index]) -> str:
    text = "How many equally common values would be as diverse, before and after; more is more diverse."
    kept = next((index for index in indices if (index.name, index.scope) == ("verb", "curated")), None)
    if kept is None or not kept.possible:
        return text
    covered = f"{group(kept.seen)} of the {group(kept.possible)} task verbs that the tagger knows"
    return f"{text} The rows kept have {covered}."


def _costs(report: Report) -> str:
    marked = sum(cost.outlier for cost in report.costs)
    if not marked:
        return "No step took at least twice, or at most half, its overall share of any kind of row."
    return (
        f"Share of each kind of row that a step took; tasks by verb are in the table. {group(marked)} stand "
        "out, marked there and, where drawn, by a dot: of 50 rows or more, and at least twice or at most "
        "half the step's share of all rows, beyond chance."
    )


def _lengths(unit: str, instruction: Lengths, output: Lengths, whole: Lengths | None) -> str:
    if not output.rows:
        return "No row is kept."
    halves = f"{group(instruction.p50)} {unit} of instruction, half {group(output.p50)} of output"
    in_all = "" if whole is None else f", half {group(whole.p50)} in all"
    return (
        f"Half of the rows kept have at most {halves}{in_all}. Lines are the median and, dashed, what "
        "5\u00a0% and 95\u00a0% of the rows kept do not exceed, within 1\u00a0%; bars double in width."
    )


def _tokens(report: Report) -> str:
    """Lengths in tokens, and whose tokens they are; nothing of a report that has none."""
    found = report.curated.token_lengths
    if found is None:
        return ""
    return (
        f"{_lengths('tokens', found.instruction, found.output, found.whole)} "
        f"Tokens are {tell_tokens(report.tokenizer)}."
    )

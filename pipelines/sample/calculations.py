"""Figures that belong together, such as a sum and its parts, for tasks that compute."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random

from pipelines.sample.grammar import Scope

UNITS = {
    ("miles", "kilometres"): 1.609344,
    ("kilograms", "pounds"): 2.20462,
    ("feet", "metres"): 0.3048,
    ("inches", "centimetres"): 2.54,
    ("gallons", "litres"): 3.785,
    ("hours", "minutes"): 60,
    ("days", "hours"): 24,
    ("metres", "centimetres"): 100,
    ("tonnes", "kilograms"): 1000,
}
STOCK = ("apples", "nails", "ribbons", "cups", "seeds", "bricks", "stamps", "ropes", "jars", "brushes")
JOBS = ("bake bread", "walk the dog", "mop the hall", "sort bills", "read mail", "mend a gate", "pick plums")


def shop(rng: Random) -> Scope:
    """Price, count and discount of a purchase, with its gross and net sums."""
    price, count, off = rng.randrange(15, 100, 5), rng.randrange(11, 20), rng.randrange(15, 100, 5)
    return {"price": price, "count": count, "off": off, "gross": price * count, "net": price * count - off}


def trip(rng: Random) -> Scope:
    """Speed, hours and the distance that follows."""
    speed, hours = rng.randrange(12, 95), rng.randrange(2, 12)
    return {"speed": speed, "hours": hours, "distance": speed * hours}


def percent(rng: Random) -> Scope:
    """A share in percent of a whole, and the part it makes."""
    share, whole = rng.randrange(5, 100, 5), rng.randrange(40, 2000, 20)
    return {"share": share, "whole": whole, "part": share * whole // 100}


def unit(rng: Random) -> Scope:
    """An amount in one unit and in another."""
    (source, target), factor = rng.choice(list(UNITS.items()))
    amount = rng.randrange(2, 90)
    return {"amount": amount, "unit": source, "target": target, "result": f"{amount * factor:.6g}"}


def sequence(rng: Random) -> Scope:
    """Five terms of a sequence, the two that follow and the rule."""
    first, step, factor = rng.randrange(1, 40), rng.randrange(2, 15), rng.choice([1, 1, 2, 3])
    terms = [first]
    for _ in range(6):
        terms.append(terms[-1] * factor + step)
    rule = f"multiply by {factor} and add {step}" if factor > 1 else f"add {step} each time"
    return {"terms": ", ".join(map(str, terms[:5])), "next": f"{terms[5]} and {terms[6]}", "rule": rule}


def numbers(rng: Random) -> Scope:
    """Seven to ten different numbers, in order and with their sum."""
    given = rng.sample(range(1, 500), rng.randrange(7, 11))
    ordered = sorted(given)
    listed = {"given": ", ".join(map(str, given)), "sorted": ", ".join(map(str, ordered))}
    return {**listed, "low": ordered[0], "high": ordered[-1], "total": sum(given)}


def order(rng: Random) -> Scope:
    """Day, price and number of an order, and the number of a mail box."""
    number, box = rng.randrange(10_000, 100_000), rng.randrange(10, 100)
    return {"day": rng.randrange(1, 29), "price": rng.randrange(9, 400), "number": number, "box": box}


def plan(rng: Random) -> Scope:
    """Day, time and seats of an event."""
    minute, seats = rng.randrange(0, 60, 15), rng.randrange(12, 180)
    return {
        "day": rng.randrange(1, 29),
        "hour": rng.randrange(9, 21),
        "minute": f"{minute:02}",
        "seats": seats,
    }


def table(rng: Random) -> Scope:
    """A small stock list as CSV and as JSON."""
    rows = [(name, rng.randrange(2, 300), rng.randrange(1, 40)) for name in rng.sample(STOCK, 4)]
    lines = ["item,count,shelf", *(f"{name},{count},{shelf}" for name, count, shelf in rows)]
    records = [{"item": name, "count": count, "shelf": shelf} for name, count, shelf in rows]
    return {"csv": "\n".join(lines), "json": json.dumps(records)}


def day(rng: Random) -> Scope:
    """Jobs with their minutes, and the timetable they make."""
    start = rng.randrange(6, 10)
    jobs = [(job, rng.randrange(10, 60, 5)) for job in rng.sample(JOBS, 5)]
    clock, lines = start * 60, []
    for job, minutes in jobs:
        lines.append(f"{clock // 60:02}:{clock % 60:02} {job}")
        clock += minutes
    lines.append(f"{clock // 60:02}:{clock % 60:02} free")
    listed = "; ".join(f"{job} ({minutes} minutes)" for job, minutes in jobs)
    return {"start": start, "jobs": listed, "timetable": "\n".join(lines)}


CALCULATIONS: Mapping[str, Callable[[Random], Scope]] = {
    made.__name__: made for made in (shop, trip, percent, unit, sequence, numbers, order, plan, table, day)
}
"""Calculations by the name a task asks for them."""

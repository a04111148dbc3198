"use strict";
// The page's pictures, as specifications of Vega-Lite (one of Vega) over the report's JSON.

const named = (name) => (name === null ? "none" : name);
const distinct = (values, field) => new Set(values.map((value) => value[field])).size || 1;
const short = (text) => (text.length > 28 ? text.slice(0, 27) + "…" : text);

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  return Object.fromEntries(
    ["paper", "ink", "quiet", "line", "read", "accent", "gone", "faint"].map((name) => [name, colour(name)]),
  );
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

function config(look) {
  return {
    background: null, font: FONT, view: { stroke: null }, padding: 2, aria: false,
    axis: {
      domain: false, ticks: false, gridColor: look.line, labelColor: look.quiet, titleColor: look.quiet,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 6, labelLimit: 190, labelOverlap: "greedy", labelSeparation: 6,
    },
    legend: {
      labelColor: look.quiet, titleColor: look.quiet, orient: "top", labelFontSize: 12, titleFontWeight: "normal",
      symbolType: "square", title: null, offset: 4, labelSeparation: 6,
    },
    header: { labelColor: look.quiet, labelFontSize: 12, title: null, labelAnchor: "start" },
    text: { color: look.ink, fontSize: 11 }, bar: { cornerRadiusEnd: 1.5 },
  };
}

const two = (look) => ({
  field: "scope", type: "nominal", scale: { domain: ["read", "kept"], range: [look.read, look.accent] },
});
const tip = (field, title, format) => ({ field, title, ...(format ? { type: "quantitative", format } : { type: "nominal" }) });
const count = { labelExpr: "abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '~f')", tickCount: 5, tickMinStep: 1 };

// What a picture has no room for: of each kind how many are drawn, and how many there are.
function tellDrawn(...kinds) {
  const told = kinds.filter(([some, all]) => some < all).map(([some, all, what]) => `${some} of ${all} ${what}`);
  return told.length ? `Drawn: ${told.join(", ")}. The table has more.` : "";
}

// How many of the names that there are are drawn; the mix may sum up the rarest, which have none.
function countNames(some, every, what) {
  const told = (names) => names.filter((name) => name !== "(others)").length;
  return [told(some), told(every), told(every) < every.length ? what + " told by name" : what];
}

// Shares of the rows read and kept, a pair of bars each, of the kinds that the filter leaves any rows.
function twins(every, look, most, what) {
  const rows = every.filter((row) => row.read), names = rows.map((row) => row.name);
  const all = { read: 0, kept: 0 };
  for (const row of rows) { all.read += row.read; all.kept += row.kept; }
  const values = rows.slice(0, most).flatMap((row) => ["read", "kept"].map((scope) => ({
    name: short(named(row.name)), scope, rows: row[scope], share: all[scope] ? row[scope] / all[scope] : 0,
  })));
  return {
    note: tellDrawn(countNames(names.slice(0, most), names, what)),
    height: 27 * distinct(values, "name"), data: { values }, mark: { type: "bar", height: { band: 0.9 } },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } },
      yOffset: { field: "scope", sort: ["read", "kept"] },
      x: { field: "share", type: "quantitative", title: null, axis: { format: "~%", tickCount: 5 } },
      color: two(look), tooltip: [tip("name", "kind"), tip("scope", "rows"), tip("rows", "count", ","), tip("share", "share", ".1%")],
    },
  };
}

function bars(values, look, { x = "rows", y = "name", format, ends } = {}) {
  return {
    height: 22 * distinct(values, y), data: { values }, mark: { type: "bar", color: look.accent, height: { band: 0.65 } },
    encoding: {
      y: { field: y, type: "nominal", sort: null, title: null },
      x: { field: x, type: "quantitative", title: null, axis: format ? { format, tickCount: 5 } : count, ...(ends || {}) },
      tooltip: [tip(y, "of"), tip(x, "value", format || ",")],
    },
  };
}

function columns(bins, look, digits) {
  const label = (value) => value.toFixed(digits);
  const values = bins.map((bin) => ({
    name: bin.low === bin.high || digits ? label(bin.low) : label(bin.low) + "–" + label(bin.high), rows: bin.rows,
  }));
  // Where bars are few they bear their numbers, as those of the largest ranges may be too small to see.
  const told = values.length > 12 ? [] : [{ mark: { type: "text", dy: -7, color: look.ink }, encoding: { text: { field: "rows", format: "," } } }];
  return {
    height: 150, data: { values },
    encoding: {
      x: { field: "name", type: "ordinal", sort: null, title: null, axis: { labelAngle: 0, labelOverlap: true, grid: false } },
      y: { field: "rows", type: "quantitative", title: null, axis: { ...count, tickCount: 4 } },
      tooltip: [tip("name", "range"), tip("rows", "rows", ",")],
    },
    layer: [{ mark: { type: "bar", color: look.accent } }, ...told],
  };
}

// What a logarithmic scale is told by: none, a power of ten near half way, and the most.
function decades(values) {
  const most = Math.max(1, ...values);
  return [...new Set([0, 10 ** Math.floor(Math.log10(most) / 2 + 0.25), most])];
}

function heat(cells, look, { x, y, value, format, log, mark }) {
  const base = { x: { field: x, type: "nominal", sort: null, title: null, axis: { labelAngle: distinct(cells, x) > 4 ? -40 : 0, labelLimit: 90, labelOverlap: false, grid: false } },
    y: { field: y, type: "nominal", sort: null, title: null, axis: { grid: false, labelOverlap: false } } };
  const colour = { field: value, type: "quantitative", scale: { ...(log ? { type: "symlog" } : {}), range: [look.faint, look.accent], zero: true },
    legend: { gradientLength: 140, gradientThickness: 8, title: null, ...(log ? { values: decades(cells.map((cell) => cell[value])) } : { tickCount: 3 }),
      labelExpr: log ? "format(datum.value, datum.value < 10000 ? ',' : '.3~s')" : "format(datum.value, '.0%')" } };
  const layer = [{ mark: { type: "rect", stroke: look.paper, strokeWidth: 2, cornerRadius: 2 },
    encoding: { color: colour, tooltip: [tip(y, "of"), tip(x, "in"), tip(value, "value", format)] } }];
  if (mark) layer.push({ transform: [{ filter: "datum." + mark }], mark: { type: "point", shape: "circle", size: 26, filled: true, color: look.ink } });
  return { height: 22 * distinct(cells, y), room: 190 + 64 * distinct(cells, x), data: { values: cells }, encoding: base, layer };
}

function treemap(pairs, look, width) {
  const verbs = [...new Set(pairs.top.map((pair) => pair.verb))];
  const total = (verb) => pairs.top.reduce((sum, pair) => sum + (pair.verb === verb ? pair.input : 0), 0);
  const shown = verbs.sort((a, b) => total(b) - total(a)).slice(0, width < 500 ? 7 : 14);
  const values = [{ id: "\t", parent: null }, ...shown.map((verb) => ({ id: verb, parent: "\t", verb }))];
  for (const pair of pairs.top) {
    if (shown.includes(pair.verb)) {
      values.push({ id: pair.verb + "\t" + pair.noun, parent: pair.verb, verb: pair.verb, noun: pair.noun, rows: pair.input });
    }
  }
  return {
    note: tellDrawn([values.filter((value) => value.noun).length, pairs.top.length, "commonest pairs"]),
    $schema: "https://vega.github.io/schema/vega/v6.json", width: width - 4, height: 380, padding: 2,
    data: [
      { name: "tree", values, transform: [
        { type: "stratify", key: "id", parentKey: "parent" },
        { type: "treemap", field: "rows", sort: { field: "value", order: "descending" }, round: true, method: "squarify",
          ratio: 1.4, paddingInner: 2, paddingOuter: 1, paddingTop: 17, size: [{ signal: "width" }, { signal: "height" }] } ] },
      { name: "leaves", source: "tree", transform: [{ type: "filter", expr: "datum.noun" }] },
      { name: "verbs", source: "tree", transform: [{ type: "filter", expr: "datum.verb && !datum.noun" }] },
    ],
    scales: [{ name: "shade", type: "sqrt", domain: { data: "leaves", field: "rows" }, range: [look.faint, look.accent], zero: true },
      { name: "letter", type: "threshold", domain: [0.55], range: [look.ink, look.paper] }],
    marks: [
      { type: "rect", from: { data: "leaves" }, encode: { enter: {
        x: { field: "x0" }, y: { field: "y0" }, x2: { field: "x1" }, y2: { field: "y1" }, fill: { scale: "shade", field: "rows" },
        tooltip: { signal: "{asks: datum.verb + ' ' + datum.noun, rows: format(datum.rows, ',')}" } } } },
      { type: "text", from: { data: "verbs" }, interactive: false, encode: { enter: {
        x: { field: "x0", offset: 2 }, y: { field: "y0", offset: 12 }, text: { field: "verb" }, fill: { value: look.ink }, font: { value: FONT },
        fontWeight: { value: 600 }, fontSize: { value: 12 }, limit: { signal: "datum.x1 - datum.x0 - 4" } } } },
      { type: "text", from: { data: "leaves" }, interactive: false, encode: { enter: {
        x: { field: "x0", offset: 4 }, y: { field: "y0", offset: 13 }, fontSize: { value: 11 }, font: { value: FONT },
        text: { signal: "datum.y1 - datum.y0 > 15 && datum.x1 - datum.x0 > 30 ? datum.noun : ''" },
        fill: { signal: "scale('letter', sqrt(datum.rows / domain('shade')[1]))" }, limit: { signal: "datum.x1 - datum.x0 - 6" } } } },
    ],
  };
}

// How much longer an axis is than its longest bar, so that a number has room at the bar's end.
const roomy = (width) => 1 + 70 / Math.max(70, width - 190);

function funnel(steps, look, width) {
  const values = steps.map((step, at) => {
    const ends = at === 0 || at === steps.length - 1;
    return { name: step.name, begin: ends ? 0 : step.left, end: ends ? step.left : step.left + step.removed,
      rows: ends ? step.left : step.removed, kind: at === steps.length - 1 ? "kept" : ends ? "read" : "removed" };
  });
  const text = { mark: { type: "text", align: "left", dx: 5 }, encoding: { x: { field: "end", type: "quantitative" }, text: { field: "rows", format: "," } } };
  return {
    height: 24 * values.length, data: { values }, encoding: { y: { field: "name", type: "nominal", sort: null, title: null, axis: { grid: false } } },
    layer: [
      { mark: { type: "bar", height: { band: 0.65 }, minBandSize: 2 }, encoding: {
        x: { field: "begin", type: "quantitative", title: null, axis: { ...count, grid: true }, scale: { nice: false, domainMax: roomy(width) * Math.max(1, steps[0].left) } },
        x2: { field: "end" },
        color: { field: "kind", type: "nominal", legend: null, scale: { domain: ["read", "removed", "kept"], range: [look.read, look.gone, look.accent] } },
        tooltip: [tip("name", "step"), tip("rows", "rows", ",")] } }, text ],
  };
}

function both(rows, look, keys) {
  const values = rows.flatMap((row) => keys.map(([key, label]) => ({ name: row.name, part: label, rows: row[key] })));
  const labels = keys.map((key) => key[1]);
  return {
    height: 27 * distinct(values, "name"), data: { values }, mark: { type: "bar" },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } }, yOffset: { field: "part", sort: labels },
      x: { field: "rows", type: "quantitative", title: null, axis: count },
      color: { field: "part", type: "nominal", scale: { domain: labels, range: [look.read, look.accent] } },
      tooltip: [tip("name", "mark"), tip("part", "rows"), tip("rows", "count", ",")],
    },
  };
}

function overlaps(report, look) {
  const first = report.overlaps.slice(0, 16);
  const spec = bars(first.map((overlap) => ({ name: overlap.one + " and " + overlap.other, rows: overlap.rows })), look);
  spec.encoding.y.axis = { labelExpr: "split(replace(datum.label, ' and ', '\\n'), '\\n')" };
  return { ...spec, note: tellDrawn([first.length, report.overlaps.length, "pairs"]), height: 36 * first.length };
}

function whatIf(report, look) {
  return {
    height: 170, data: { values: report.duplicates.what_if },
    encoding: { x: { field: "threshold", type: "quantitative", scale: { zero: false, nice: false, padding: 14 }, title: "threshold", axis: { tickCount: 5 } },
      y: { field: "kept", type: "quantitative", scale: { zero: false, padding: 12 }, title: "rows kept", axis: { ...count, tickCount: 4 } },
      tooltip: [tip("threshold", "threshold"), tip("kept", "rows kept", ",")] },
    layer: [{ mark: { type: "line", color: look.accent, strokeWidth: 2 } }, { mark: { type: "point", filled: true, size: 60, color: look.accent } },
      { transform: [{ filter: "datum.threshold === " + Number(report.threshold) }], mark: { type: "point", size: 220, color: look.ink, strokeWidth: 1.5 } }],
  };
}

function openings(report, look) {
  const [read, kept] = report.phrasing;
  const of = (side, words) => (side.openings.find((opening) => opening.words === words) || { rows: 0 }).rows;
  const rows = kept.openings.slice(0, 16).map((opening) => ({ name: short(opening.words), read: of(read, opening.words), kept: opening.rows }));
  return { note: tellDrawn([rows.length, kept.openings.length, "openings"]), ...both(rows, look, [["read", "read"], ["kept", "kept"]]) };
}

function costs(report, look, width) {
  const chosen = new Set(), marked = report.costs.filter((cost) => cost.outlier).length;
  let there = 0;
  for (const dimension of ["category", "language", "source"]) {
    const kinds = report.costs.filter((cost) => cost.dimension === dimension);
    const names = [...new Map(kinds.map((cost) => [named(cost.value), cost.rows])).entries()].sort((a, b) => b[1] - a[1]);
    there += names.length;
    for (const [name] of names.slice(0, width < 500 ? 4 : 8)) chosen.add(dimension + "\t" + name);
  }
  const cells = report.costs.filter((cost) => chosen.has(cost.dimension + "\t" + named(cost.value))).map((cost) => ({
    step: cost.step, kind: short(named(cost.value)), share: cost.share, outlier: cost.outlier }));
  return { note: tellDrawn([chosen.size, there, "kinds"], [cells.filter((cell) => cell.outlier).length, marked, "dots"]),
    ...heat(cells, look, { x: "kind", y: "step", value: "share", format: ".1%", mark: "outlier" }) };
}

function indices(report, look) {
  const values = report.indices.filter((index) => index.seen).map((index) => ({ name: index.name, scope: index.scope === "input" ? "read" : "kept", value: index.effective }));
  return {
    height: 27 * distinct(values, "name"), data: { values }, mark: { type: "bar" },
    encoding: { y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } }, yOffset: { field: "scope", sort: ["read", "kept"] },
      x: { field: "value", type: "quantitative", title: "effective number", axis: { tickCount: 5 } }, color: two(look),
      tooltip: [tip("name", "of"), tip("scope", "rows"), tip("value", "effective number", ".2f")] },
  };
}

const shares = (list) => list.map((share) => ({ name: share.name, read: share.input, kept: share.curated }));

// Shares of the rows kept in one release and in another.
function beside(key, look, most) {
  const [one, other] = sides.map((side) => new Map(side[key].map((share) => [named(share.name), share.curated])));
  const every = [...new Set([...other.keys(), ...one.keys()])], names = every.slice(0, most);
  const labels = ["A", "B"], whole = sides.map((side) => side.curated.rows || 1);
  const values = names.flatMap((name) => [one, other].map((side, at) => ({
    name: short(name), part: labels[at], rows: side.get(name) || 0, share: (side.get(name) || 0) / whole[at] })));
  return {
    note: tellDrawn([names.length, every.length, key]),
    height: 27 * distinct(values, "name"), data: { values }, mark: { type: "bar" },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } },
      yOffset: { field: "part", sort: labels }, x: { field: "share", type: "quantitative", title: null, axis: { format: "~%", tickCount: 5 } },
      color: { field: "part", type: "nominal", scale: { domain: labels, range: [look.read, look.accent] } },
      tooltip: [tip("name", "kind"), tip("part", "release"), tip("rows", "rows kept", ","), tip("share", "share", ".1%")],
    },
  };
}

// Medians of the rows kept, of one release and of another.
function besideLengths(look) {
  const values = FIELDS.flatMap((field) => ["A", "B"].flatMap((part, at) => [["characters", sides[at].curated], ["tokens", sides[at].curated.token_lengths]]
    .filter(([, side]) => side && side[field] && side[field].p50).map(([unit, side]) => ({ name: field + ", " + unit, part, value: side[field].p50, most: side[field].p95 }))));
  return {
    height: 27 * distinct(values, "name"), data: { values }, mark: { type: "bar" },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } },
      yOffset: { field: "part", sort: ["A", "B"] }, x: { field: "value", type: "quantitative", title: "median", axis: count },
      color: { field: "part", type: "nominal", scale: { domain: ["A", "B"], range: [look.read, look.accent] } },
      tooltip: [tip("name", "of"), tip("part", "release"), tip("value", "median", ","), tip("most", "95%", ",")],
    },
  };
}

// Rows kept of each task in each language or source, of the commonest that have room.
function met(view, look, width, other) {
  const cells = crossed(view, "verb", other, 15, width < 500 ? 12 : 16);
  const notes = [["y", "verb", "tasks"], ["x", other, LISTS[other]]].map(([axis, name, what]) =>
    countNames([...new Set(cells.map((cell) => cell[axis]))], view[name].filter((entry) => entry.kept).map((entry) => entry.name), what));
  return { note: tellDrawn(...notes), ...heat(cells, look, { x: "x", y: "y", value: "rows", format: ",", log: true }) };
}

// What each picture is drawn from: the report, what the filter left of it, the look and the width.
const CHARTS = {
  funnel: ({ view, look, width }) => funnel(view.funnel, look, width),
  rules: ({ report, look }) => both(report.rules, look, [["all", "all"], ["alone", "alone"]]),
  flags: ({ report, look }) => both(report.flags.some((flag) => flag.all) ? report.flags.filter((flag) => flag.all) : report.flags, look, [["all", "read"], ["kept", "kept"]]),
  drift: ({ report, look }) => bars(report.moved.drift.map((drift) => ({ name: drift.measure, rows: drift.jensen_shannon_divergence })), look, { format: ".2~g" }),
  verbs: ({ view, look, width }) => twins(view.verb, look, width < 500 ? 12 : 20, "tasks"),
  categories: ({ view, look }) => twins(view.category, look, 12, "categories"),
  difficulties: ({ report, look }) => twins(shares(report.difficulties), look, 12, "difficulties"),
  domains: ({ report, look }) => twins(shares(report.domains), look, 16, "domains"),
  languages: ({ view, look }) => twins(view.language, look, 16, "languages"),
  "output-languages": ({ report, look }) => twins(shares(report.output_languages), look, 16, "languages"),
  sources: ({ view, look }) => twins(view.source, look, 20, "sources"),
  pairs: ({ report, look, width }) => treemap(report.pairs, look, width),
  shape: ({ report, look, width }) => shape(report, look, width),
  "task-language": ({ view, look, width }) => met(view, look, width, "language"),
  "task-source": ({ view, look, width }) => met(view, look, width, "source"),
  indices: ({ report, look }) => indices(report, look),
  costs: ({ report, look, width }) => costs(report, look, width),
  openings: ({ report, look }) => openings(report, look),
  lengths: ({ report, look }) => lengths(report.input, report.curated, look, "characters"),
  tokens: ({ report, look }) => lengths(report.input.token_lengths, report.curated.token_lengths, look, "tokens"),
  "task-lengths": ({ report, look, width }) => taskLengths(report, look, width, "characters"),
  "task-tokens": ({ report, look, width }) => taskLengths(report, look, width, "tokens"),
  scale: ({ report, look, width }) => scale(report, look, width),
  overlaps: ({ report, look }) => overlaps(report, look),
  inputs: ({ report, look }) => inputs(report, look),
  similarity: ({ report, look }) => columns(report.duplicates.similarity, look, 2),
  clusters: ({ report, look }) => columns(report.duplicates.clusters.sizes, look, 0),
  prompts: ({ report, look }) => columns(report.prompts.sizes, look, 0),
  "beside-verbs": ({ look }) => beside("verbs", look, 16),
  "beside-lengths": ({ look }) => besideLengths(look),
  "beside-languages": ({ look }) => beside("languages", look, 16),
  "what-if": ({ report, look }) => whatIf(report, look),
};

// Pictures of lengths: in characters and tokens, by field and by task.

const FIELDS = ["instruction", "input", "output", "whole"];

function lengths(read, kept, look, title) {
  const values = [];
  for (const field of FIELDS) for (const [scope, side] of [["read", read], ["kept", kept]]) {
    const found = side[field], bins = found ? found.histogram : [];
    for (const bin of bins) values.push({ field, scope, low: Math.max(bin.low, 0.5), high: bin.high, rows: bin.rows });
    if (bins.length) values.push({ field, scope, low: bins[bins.length - 1].high + 1, rows: 0 });
  }
  const marks = FIELDS.filter((field) => kept[field] && kept[field].rows).flatMap((field) => [["5%", "p5"], ["median", "p50"], ["95%", "p95"]].map(([name, key]) => (
    { field, quantile: name, at: Math.max(kept[field][key], 0.5), value: kept[field][key] })));
  const x = { type: "quantitative", scale: { type: "log", nice: false }, title,
    axis: { format: "~s", tickCount: 5, grid: false, values: [1, 10, 100, 1000, 10000, 100000, 1000000] } };
  return {
    data: { values: [...values, ...marks] }, facet: { row: { field: "field", type: "nominal", sort: FIELDS } }, spacing: 16, resolve: { scale: { y: "independent" } },
    spec: { height: 66, layer: [
      { transform: [{ filter: "isValid(datum.scope)" }], mark: { type: "area", interpolate: "step-after", line: { strokeWidth: 1.5 }, fillOpacity: 0.25 },
        encoding: { x: { field: "low", ...x }, y: { field: "rows", type: "quantitative", stack: null, title: null, axis: { ...count, tickCount: 3 } },
          color: two(look), tooltip: [tip("scope", "rows"), tip("low", "from", ","), tip("high", "to", ","), tip("rows", "count", ",")] } },
      { transform: [{ filter: "isValid(datum.quantile)" }], mark: { type: "rule", color: look.ink, strokeWidth: 1 },
        encoding: { x: { field: "at", ...x }, strokeDash: { condition: { test: "datum.quantile === 'median'", value: [1, 0] }, value: [2, 3] },
          tooltip: [tip("quantile", "of rows kept"), tip("value", "at most", ",")] } },
      { transform: [{ filter: "datum.quantile === 'median'" }], mark: { type: "text", align: "left", dx: 4, baseline: "top", color: look.ink },
        encoding: { x: { field: "at", ...x }, y: { value: 0 }, text: { field: "value", format: "," } } } ] },
  };
}

function taskLengths(report, look, width, unit) {
  const key = { characters: ["_chars", ""], tokens: ["_tokens", "_tokens"] }[unit];
  const tasks = report.task_lengths.filter((task) => task.kept), most = width < 500 ? 10 : 16;
  const values = tasks.slice(0, most).flatMap((task) =>
    ["instruction", "output"].map((field) => {
      const { p25, p50, p75 } = task[field + key[0] + "_quartiles"];
      return { name: short(named(task.verb)), field, low: Math.max(p25, 0.5), high: Math.max(p75, 0.5), middle: Math.max(p50, 0.5), p25, p50, p75,
        mean: task["kept_" + field + key[1]] };
    }));
  const y = { y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } }, yOffset: { field: "field", sort: ["instruction", "output"] } };
  const x = { type: "quantitative", scale: { type: "log", nice: false, padding: 6 }, title: unit, axis: { format: "~s", values: [1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000] } };
  const tooltip = [tip("name", "task"), tip("field", "field"), tip("p25", "25%", ","), tip("p50", "median", ","), tip("p75", "75%", ","), tip("mean", "mean", ",.1f")];
  return {
    note: tellDrawn([Math.min(tasks.length, most), tasks.length, "tasks"]), height: 27 * distinct(values, "name"), data: { values }, encoding: y,
    layer: [
      { mark: { type: "bar", height: { band: 0.8 }, cornerRadius: 1.5, minBandSize: 3 }, encoding: { x: { field: "low", ...x }, x2: { field: "high" }, tooltip,
        color: { field: "field", type: "nominal", scale: { domain: ["instruction", "output"], range: [look.read, look.accent] } } } },
      { mark: { type: "tick", thickness: 2, color: look.ink, height: { band: 0.9 } }, encoding: { x: { field: "middle", ...x }, tooltip } } ],
  };
}

function shape(report, look, width) {
  const values = report.task_lengths.filter((task) => task.kept && task.kept_instruction > 0 && task.kept_output > 0)
    .map((task) => ({ ...task, verb: named(task.verb) }));
  const placed = [];
  for (const task of values) task.label = "";
  for (const task of values.slice(0, width < 500 ? 10 : 24)) {
    const at = [Math.log(task.kept_instruction) * width / 6, Math.log(task.kept_output) * 60];
    const free = placed.every((other) => Math.abs(other[0] - at[0]) > 62 || Math.abs(other[1] - at[1]) > 15);
    if (free) placed.push(at);
    task.label = free ? task.verb : "";
  }
  const axis = { format: "~s", values: [1, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000] };
  return {
    height: 340, data: { values },
    encoding: {
      x: { field: "kept_instruction", type: "quantitative", scale: { type: "log", nice: false, padding: 24 }, title: "characters of the instruction, mean", axis },
      y: { field: "kept_output", type: "quantitative", scale: { type: "log", nice: false, padding: 24 }, title: "characters of the output, mean", axis },
    },
    layer: [
      { mark: { type: "circle", color: look.accent, opacity: 0.55 }, encoding: {
        size: { field: "kept", type: "quantitative", scale: { range: [20, 700] }, legend: null },
        tooltip: [tip("verb", "task"), tip("category", "category"), tip("kept", "rows kept", ","), tip("kept_instruction", "instruction", ",.0f"), tip("kept_output", "output", ",.0f")] } },
      { mark: { type: "text", dy: -10, color: look.ink }, encoding: { text: { field: "label" } } },
    ],
  };
}

function scale(report, look, width) {
  const units = [["rows", "rows"], ["characters", "characters"], ["tokens", report.tokenizer ? "tokens" : "tokens, about"]];
  const sizes = units.map(([key, name]) => ({ name, read: report.input[key], kept: report.curated[key] }));
  const values = sizes.flatMap(({ name, read, kept }) => [["read", read], ["kept", kept]].map(([scope, size]) => ({ name, scope, size, share: read ? size / read : 0 })));
  const y = { y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelOverlap: false }, scale: { paddingInner: 0.3 } }, yOffset: { field: "scope", sort: ["read", "kept"] } };
  const x = { field: "share", type: "quantitative", title: null, axis: { format: "~%", values: [0, 0.2, 0.4, 0.6, 0.8, 1] }, scale: { domain: [0, roomy(width)] } };
  return {
    height: 40 * distinct(values, "name"), data: { values }, encoding: y,
    layer: [
      { mark: { type: "bar", height: { band: 0.9 } }, encoding: { x, color: two(look), tooltip: [tip("name", "of"), tip("scope", "rows"), tip("size", "size", ","), tip("share", "of read", ".1%")] } },
      { mark: { type: "text", align: "left", dx: 4 }, encoding: { x, text: { field: "size", format: ".3~s" } } } ],
  };
}

function inputs(report, look) {
  const values = [["read", report.input], ["kept", report.curated]].flatMap(([name, corpus]) => [
    { name, part: "with input", rows: corpus.with_input }, { name, part: "without", rows: corpus.without_input }]);
  return {
    height: 52, data: { values }, mark: { type: "bar", height: { band: 0.65 } },
    encoding: { y: { field: "name", type: "nominal", sort: null, title: null }, x: { field: "rows", type: "quantitative", title: null, axis: count },
      color: { field: "part", type: "nominal", scale: { domain: ["with input", "without"], range: [look.accent, look.read] } },
      tooltip: [tip("name", "rows"), tip("part", "part"), tip("rows", "count", ",")] },
  };
}

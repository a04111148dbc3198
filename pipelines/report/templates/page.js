// What the page does: draws the pictures, filters, sorts and copies.

const parsed = JSON.parse(document.getElementById("report").textContent);
const sides = parsed.sides;
const report = sides ? sides[1] : parsed;
const MIXED = ["source", "language", "category", "verb"];
const LISTS = { source: "sources", language: "languages", category: "categories", verb: "verbs" };
const TABLES = { source: "sources", language: "languages", category: "categories", verb: "verbs" };
const whole = new Intl.NumberFormat("en-US");

function percent(part, all) {
  const share = all ? (100 * part) / all : 0;
  if (share > 0 && share < 0.05) return "<0.1%";
  return share >= 99.95 && share < 100 ? ">99.9%" : share.toFixed(1) + "%";
}

// What is left of the mix by the filter: rows by each kind, by outcome, and where tasks meet others.
function select(chosen) {
  const mix = report.mix;
  const view = { read: 0, kept: 0, exact: 0, near: 0, outcomes: {}, cells: [], filtered: Object.keys(chosen).length > 0 };
  // A report of version 1 has no mix, and so nothing to filter.
  for (const name of MIXED) view[name] = !mix ? shares(report[LISTS[name]]) : mix[LISTS[name]].map((value) => ({ name: value, read: 0, kept: 0, rejected: 0, duplicate: 0 }));
  for (const cell of mix ? mix.cells : []) {
    if (MIXED.some((name, at) => name in chosen && chosen[name] !== cell[at])) continue;
    const outcome = mix.outcomes[cell[4]], rows = cell[5];
    const kind = outcome === "kept" ? "kept" : outcome.endsWith("_duplicate") ? "duplicate" : "rejected";
    view.read += rows;
    view.outcomes[outcome] = (view.outcomes[outcome] || 0) + rows;
    if (kind === "kept") { view.kept += rows; view.cells.push(cell); }
    MIXED.forEach((name, at) => { view[name][cell[at]].read += rows; view[name][cell[at]][kind] += rows; });
  }
  view.funnel = steps(view);
  return view;
}

function steps(view) {
  if (!view.filtered) return report.funnel;
  let left = view.read;
  return report.funnel.map((step, at) => {
    const ends = at === 0 || at === report.funnel.length - 1;
    const removed = ends ? 0 : view.outcomes[step.name] || 0;
    left -= removed;
    return { ...step, removed, left };
  });
}

function crossed(view, rows, columns, most, wide) {
  const at = [MIXED.indexOf(rows), MIXED.indexOf(columns)];
  const counts = new Map();
  for (const cell of view.cells) {
    const key = cell[at[0]] + "\t" + cell[at[1]];
    counts.set(key, (counts.get(key) || 0) + cell[5]);
  }
  const common = (name, limit) => view[name].map((entry, place) => [entry.kept, place]).filter((entry) => entry[0])
    .sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, limit).map((entry) => entry[1]);
  const across = common(columns, wide);
  return common(rows, most).flatMap((y) => across.map((x) => ({
    y: short(named(view[rows][y].name)), x: short(named(view[columns][x].name)), rows: counts.get(y + "\t" + x) || 0 })));
}

const mixTables = () => (report.mix ? ["language", "category", "verb"] : []);
const data = (value) => { const node = document.createElement("data"); node.value = value; node.textContent = whole.format(value); return node; };
const put = (cell, value) => cell && cell.replaceChildren(typeof value === "number" ? data(value) : value);

function fill(view) {
  const rejected = view.source.reduce((sum, entry) => sum + entry.rejected, 0);
  const duplicate = view.source.reduce((sum, entry) => sum + entry.duplicate, 0);
  const numbers = view.filtered ? { input: view.read, curated: view.kept, rejected, duplicate } : FIRST.tiles;
  for (const [name, value] of Object.entries(numbers)) put(document.querySelector(`[data-tile=${name}]`), value);
  for (const node of document.querySelectorAll("[data-share]")) {
    const name = node.dataset.share;
    const share = name === "input" ? percent(view.read, FIRST.tiles.input) + " of all rows" : percent(numbers[name], view.read);
    node.textContent = view.filtered ? share : FIRST.shares[name];
  }
  for (const [at, row] of document.querySelectorAll("#funnel tbody tr").entries()) {
    const step = view.funnel[at], ends = at === 0 || at === view.funnel.length - 1, cells = row.cells;
    if (!ends) put(cells[1], step.removed);
    put(cells[2], percent(ends ? step.left : step.removed, view.funnel[0].left));
    put(cells[3], step.left);
  }
  for (const name of mixTables()) {
    for (const row of document.querySelectorAll(`#${TABLES[name]} tr[data-at]`)) {
      const entry = view[name][row.dataset.at];
      if (!entry) continue;
      [entry.read, percent(entry.read, view.read), entry.kept, percent(entry.kept, view.kept), percent(entry.kept, entry.read)]
        .forEach((value, at) => put(row.cells[at + 1], value));
      row.hidden = view.filtered && !entry.read;
    }
  }
  for (const row of report.mix ? document.querySelectorAll("#sources tbody tr") : []) {
    const entry = view.source[row.dataset.at];
    if (!entry) row.hidden = view.filtered; // a source that the mix does not know by name
    if (!entry) continue;
    [entry.read, entry.rejected, entry.duplicate, entry.kept, percent(entry.kept, entry.read),
      view.filtered ? "-" : report.sources[row.dataset.at].lost].forEach((value, at) => put(row.cells[at + 1], value)); // what cannot be read has no kind
    row.hidden = view.filtered && !entry.read;
  }
  cross("task-language", crossed(view, "verb", "language", 100, 30));
  cross("task-source", crossed(view, "verb", "source", 100, 45));
  document.body.classList.toggle("filtering", view.filtered);
  const output = document.getElementById("filtered");
  if (output) output.textContent = view.filtered ? `${whole.format(view.read)} rows read, ${whole.format(view.kept)} kept` : "";
}

function cross(id, cells) {
  const table = document.getElementById(id);
  if (!table) return;
  const columns = [...new Set(cells.map((cell) => cell.x))], rows = [...new Set(cells.map((cell) => cell.y))];
  const counts = new Map(cells.map((cell) => [cell.y + "\t" + cell.x, cell.rows]));
  const make = (tag, text, scope) => { const node = document.createElement(tag); if (scope) node.scope = scope; put(node, text); return node; };
  const head = document.createElement("tr");
  head.append(make("th", "task", "col"), ...columns.map((name) => make("th", name, "col")));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows.map((name) => {
    const row = document.createElement("tr");
    row.append(make("th", name, "row"), ...columns.map((column) => make("td", counts.get(name + "\t" + column) || 0)));
    return row;
  }));
  sortable(table);
}

const PRINTED = 40; // rows that a table may have to stand on paper unasked; rows of text stand there if opened
const pending = new Set();
let view;

async function draw(node) {
  const width = Math.floor(node.clientWidth);
  if (!width) return;
  const look = theme(), name = node.dataset.chart;
  const spec = CHARTS[name]({ report, view, look, width });
  const { room = width, note = "", ...picture } = spec;
  const grand = spec.$schema ? picture : {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json", ...picture,
    ...(spec.facet ? { spec: { ...spec.spec, width: width - 80 } } : { width: Math.min(room, width), autosize: { type: "fit-x", contains: "padding" } }),
  };
  node.view?.finalize();
  const made = await vegaEmbed(node, grand, {
    mode: spec.$schema ? "vega" : "vega-lite", renderer: "svg", actions: false, ast: true, logLevel: 1, config: config(look),
    defaultStyle: false, tooltip: { disableDefaultStyle: true },
  });
  node.view = made.view;
  document.getElementById("note-" + name).textContent = note;
  node.style.minHeight = 0; // the room that was kept free for it
  // The picture as a whole has a label; to readers of screens its marks are nothing.
  for (const part of node.querySelectorAll("svg, svg *")) {
    for (const name of ["role", "aria-roledescription", "aria-label"]) part.removeAttribute(name);
  }
}

function drawAll(nodes = document.querySelectorAll(".chart")) {
  const work = [...nodes].map((node) => {
    const done = draw(node).catch((error) => console.error(node.dataset.chart, error)).finally(() => pending.delete(done));
    pending.add(done);
    return done;
  });
  return Promise.all(work);
}

function sortable(table) {
  [...table.tHead.rows[0].cells].forEach((cell, at) => {
    if (!cell.textContent || cell.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") !== "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => value(row.cells[at]);
      const rows = [...table.tBodies[0].rows].sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1));
      table.tBodies[0].append(...rows);
    });
  });
}

function value(cell) {
  const exact = cell?.querySelector("data");
  if (exact) return Number(exact.value);
  const text = cell?.textContent.trim() ?? "";
  const number = Number(text.replace(/[,%<>]/g, ""));
  return text !== "" && Number.isFinite(number) ? number : text;
}
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

// A text that begins as a formula does gets an apostrophe, so that no spreadsheet runs it.
function csv(table) {
  const cells = (row) => [...row.cells].filter((cell) => !cell.hidden).map((cell) => {
    const found = value(cell);
    const text = typeof found === "number" && cell.tagName === "TD" ? String(found) : (cell.firstElementChild?.tagName === "BUTTON" ? cell.innerText : [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("")).trim();
    const number = cell.tagName === "TD" && (typeof found === "number" || found === "-");
    const safe = !number && /^[=+\-@\t\uff1d\uff0b\uff0d\uff20]/.test(text) ? "'" + text : text;
    return /[",;\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  });
  return [...table.rows].filter((row) => !row.hidden).map((row) => cells(row).join(",")).join("\r\n") + "\r\n";
}

function download(id) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv(document.getElementById(id))], { type: "text/csv" }));
  link.download = id + ".csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function copy(button) {
  const area = document.createElement("textarea");
  area.value = button.dataset.copy;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  button.textContent = "Copied";
}

const FIRST = { tiles: {}, shares: {} };
for (const node of document.querySelectorAll("[data-tile]")) FIRST.tiles[node.dataset.tile] = Number(node.querySelector("data").value);
for (const node of document.querySelectorAll("[data-share]")) FIRST.shares[node.dataset.share] = node.textContent;

function refresh() {
  const form = document.getElementById("filter");
  const chosen = Object.fromEntries([...(form ? new FormData(form) : [])].filter((entry) => entry[1] !== "").map(([name, at]) => [name, Number(at)]));
  view = select(chosen);
  fill(view);
  return drawAll();
}

document.querySelectorAll("table").forEach((table) => table.tHead?.rows.length && sortable(table));
document.addEventListener("click", (event) => {
  if (event.target.matches("button.csv")) download(event.target.dataset.table);
  if (event.target.matches("button.copy")) copy(event.target);
});
document.getElementById("filter")?.addEventListener("change", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
matchMedia("print").addEventListener("change", () => drawAll());
window.addEventListener("beforeprint", () => document.querySelectorAll("main figure details").forEach((node) => {
  if (node.querySelectorAll("tbody tr").length <= PRINTED) node.open = true;
}));
let resized;
window.addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(drawAll, 150); });
window.drawn = refresh().then(() => { document.documentElement.dataset.drawn = "yes"; });

"use strict";
// The interactive part of the page. DATA is the network's description; weights are in the element with the id "weights".
const DATA = JSON.parse(document.getElementById("data").textContent), $ = id => document.getElementById(id);
const [H, WIDTH, C] = DATA.size, MAPS = 64, STRIP = 6;
let W = null, maps = new Map(), layer = null, unit = null, picture = null;
const move = {shift: 0, down: 0, angle: 0, scale: 1};
const LIST = [];  // all operations in order of execution, with their depth
(function list(ops, depth) { for (const op of ops) { LIST.push({op, depth}); if (op.branches) op.branches.forEach(b => list(b, depth + 1)); } })(DATA.ops, 0);

function element(tag, text, attributes) {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) e.setAttribute(name, value);
  return e;
}
function bytes(text) { const b = atob(text), out = new Uint8Array(b.length); for (let i = 0; i < b.length; i++) out[i] = b.charCodeAt(i); return out; }
async function unzipped(data) {
  return new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}
function number(v) { return Math.abs(v) >= 1000 || (v !== 0 && Math.abs(v) < 0.001) ? v.toExponential(2) : v.toFixed(3); }

// pixels (Uint8, height x width x C) to a canvas and back
function canvasOf(pixels) {
  const c = element("canvas"); c.width = WIDTH; c.height = H;
  const image = new ImageData(WIDTH, H);
  for (let p = 0; p < H * WIDTH; p++) for (let k = 0; k < 4; k++) image.data[4 * p + k] = k === 3 ? 255 : pixels[p * C + (C === 1 ? 0 : k)];
  c.getContext("2d").putImageData(image, 0, 0);
  return c;
}
function movedPixels() {
  const c = element("canvas"); c.width = WIDTH; c.height = H;
  const g = c.getContext("2d", {willReadFrequently: true}), plain = !move.angle && move.scale === 1;
  g.imageSmoothingEnabled = !plain;
  g.translate(WIDTH / 2 + move.shift, H / 2 + move.down); g.rotate(move.angle * Math.PI / 180); g.scale(move.scale, move.scale);
  // the picture is repeated by reflection, so that no edge appears
  for (let a = -1; a <= 1; a++) for (let b = -1; b <= 1; b++) {
    g.save(); g.translate(a * WIDTH, b * H); g.scale(a ? -1 : 1, b ? -1 : 1); g.drawImage(picture, -WIDTH / 2, -H / 2); g.restore();
  }
  const d = g.getImageData(0, 0, WIDTH, H).data, out = new Uint8Array(H * WIDTH * C);
  for (let p = 0; p < H * WIDTH; p++) {
    if (C === 1) out[p] = Math.round(0.299 * d[4 * p] + 0.587 * d[4 * p + 1] + 0.114 * d[4 * p + 2]);
    else for (let k = 0; k < 3; k++) out[p * 3 + k] = d[4 * p + k];
  }
  return out;
}
function inputOf(pixels) {
  const x = tensor(H, WIDTH, C);
  for (let i = 0; i < x.d.length; i++) x.d[i] = (pixels[i] - 255 * DATA.mean[i % C]) / (255 * DATA.std[i % C]);
  return x;
}
let waiting = false;
function update() {
  if (waiting || !W) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; compute(); });
}
function compute() {
  const started = performance.now(), pixels = movedPixels();
  maps = new Map();
  const logits = run(DATA.ops, inputOf(pixels), W, (op, x, y) => maps.set(op.path, {op, x, y}));
  $("time").textContent = `${Math.round(performance.now() - started)} ms in this browser`;
  window.opsinLogits = Array.from(logits.d.slice(0, 1e5));  // read by the tests
  showPicture(pixels); showScores(logits); showFlow(); showLayer(); showUnit();
}
function showPicture(pixels) {
  const shown = $("picture"), g = shown.getContext("2d");
  shown.width = WIDTH; shown.height = H;
  g.drawImage(canvasOf(pixels), 0, 0);
}
function showScores(logits) {
  const box = $("scores"); box.replaceChildren();
  if (DATA.layout !== "vector") { box.append(element("p", DATA.outputText, {class: "small"})); return; }
  const y = activate(mapped(logits, v => v / DATA.temperature), DATA.activation);
  const rows = Array.from(y.d).map((v, k) => [v, DATA.names[k] ?? `output ${k}`]).sort((a, b) => b[0] - a[0]).slice(0, 10);
  const table = element("table"), most = DATA.activation === "linear" ? Math.max(...rows.map(r => Math.abs(r[0])), 1e-9) : 1;
  for (const [v, name] of rows) {
    const row = element("tr"), bar = element("meter", null, {min: 0, max: most, value: Math.max(v, 0), "aria-label": name});
    row.append(element("th", name, {scope: "row"}), element("td", DATA.activation === "linear" ? number(v) : `${(100 * v).toFixed(1)} %`, {class: "n"}));
    const cell = element("td"); cell.append(bar); row.append(cell); table.append(row);
  }
  box.append(table);
}
function mapCanvas(y, channel) {
  const c = element("canvas"); c.width = y.w; c.height = y.h;
  let low = Infinity, high = -Infinity;
  for (let p = channel; p < y.d.length; p += y.c) { low = Math.min(low, y.d[p]); high = Math.max(high, y.d[p]); }
  const image = new ImageData(y.w, y.h), span = high - low || 1;
  for (let p = 0; p < y.h * y.w; p++) {
    const v = Math.round(255 * (y.d[p * y.c + channel] - low) / span);
    image.data.set([v, v, v, 255], 4 * p);
  }
  c.getContext("2d").putImageData(image, 0, 0);
  return c;
}
function showFlow() {
  const strip = $("flow");
  if (!strip.children.length) {
    for (const {op, depth} of LIST) {
      const button = element("button", null, {type: "button", class: `layer depth${Math.min(depth, 3)}`, "data-path": op.path, "aria-pressed": "false"});
      button.append(element("b", op.path.split("/").pop()), element("span", `${op.kind} ${op.shape.join("×")}`), element("span", null, {class: "thumbs"}));
      button.addEventListener("click", () => { layer = op.path; unit = null; showFlow(); showLayer(); showUnit(); });
      strip.append(button);
    }
  }
  for (const button of strip.children) {
    const {y} = maps.get(button.dataset.path), thumbs = button.lastChild;
    button.setAttribute("aria-pressed", String(button.dataset.path === layer));
    thumbs.replaceChildren();
    if (y.h * y.w > 1) for (let k = 0; k < Math.min(STRIP, y.c); k++) thumbs.append(mapCanvas(y, k));
    else thumbs.append(barsOf(y));
  }
}
function barsOf(y) {
  const c = element("canvas", null, {class: "bars"}), n = Math.min(y.d.length, 128); c.width = n; c.height = 32;
  const g = c.getContext("2d"), top = Math.max(...y.d.slice(0, n).map(Math.abs), 1e-9);
  for (let i = 0; i < n; i++) { const v = y.d[i] / top; g.fillStyle = v < 0 ? "#b3472a" : "#0b6b73"; g.fillRect(i, v < 0 ? 16 : 16 - 15 * v, 1, Math.abs(15 * v)); }
  return c;
}
function showLayer() {
  const box = $("maps"), found = maps.get(layer); box.replaceChildren();
  if (!found) return;
  const {op, y} = found, measured = DATA.measured[op.path];
  $("layer-title").textContent = `${op.path} (${op.kind})`;
  $("layer-text").textContent = textOf(op) + (measured ? ` ${measured}` : "");
  for (let k = 0; k < Math.min(MAPS, y.h * y.w > 1 ? y.c : 1); k++) {
    const c = y.h * y.w > 1 ? mapCanvas(y, k) : barsOf(y), label = y.h * y.w > 1 ? `map ${k}` : "values";
    c.setAttribute("tabindex", "0"); c.setAttribute("role", "button"); c.setAttribute("aria-label", `${label} of ${op.path}: choose a unit with the arrow keys or a click`);
    c.addEventListener("click", event => {
      const box = c.getBoundingClientRect();
      const j = Math.floor((event.clientX - box.left) / box.width * c.width), i = Math.floor((event.clientY - box.top) / box.height * c.height);
      unit = y.h * y.w > 1 ? {i, j, k} : {i: 0, j: 0, k: j}; showUnit();
    });
    c.addEventListener("keydown", event => {
      const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [0, 0]}[event.key];
      if (!step) return;
      event.preventDefault();
      const vector = y.h * y.w === 1, same = unit && (vector || unit.k === k);
      const at = same ? unit : {i: Math.floor(y.h / 2), j: Math.floor(y.w / 2), k};
      const clamp = (v, n) => Math.min(Math.max(v, 0), n - 1);
      unit = vector ? {i: 0, j: 0, k: clamp(at.k + step[1], y.c)} : {i: clamp(at.i + step[0], y.h), j: clamp(at.j + step[1], y.w), k};
      showUnit();
    });
    box.append(c);
  }
  if (y.h * y.w > 1 && y.c > MAPS) box.append(element("p", `${MAPS} of ${y.c} maps are shown.`, {class: "small"}));
}
function textOf(op) {
  const k = op.kernel && op.kernel.join("×");
  return {
    conv: () => `Each value is the sum of products of a ${k} window of the maps before it with one kernel, the same kernel at every position${op.groups > 1 ? ", for each channel alone" : ""}.`,
    transposed: () => `Each value before it spreads over a ${k} window through one kernel.`,
    pool: () => `Each value is the ${op.average ? "mean" : "largest value"} of a ${k} window: detail is dropped, small shifts change little.`,
    dense: () => "Each value is a sum of products with all values before it: no two connections share a weight.",
    affine: () => "Each channel is multiplied by one number and shifted by another (a trained normalization with fixed statistics).",
    norm: () => "Values are brought to mean 0 and deviation 1, then scaled for each channel.",
    activation: () => `Each value passes through ${op.activation}.`,
    global: () => `Each channel becomes one number, its ${op.average ? "mean" : "maximum"}: where something was is dropped, that it was there stays.`,
    reshape: () => "The values are put in one row, in the order height, width, channels; none changes.",
    dropout: () => `Dropout changes nothing in prediction; in training it sets a random part of the values to 0.`,
    branches: () => op.merge === "add" ? "The outputs of the branches are added: the layers learn a change to their input." : op.merge === "chain" ? "A stage: layers in order." : `The outputs of the branches: ${op.merge}.`,
    upsample: () => "Each value is repeated or interpolated: the map grows.", pad: () => "Zeros are added around the maps.", crop: () => "The border is removed.",
  }[op.op]?.() ?? "";
}
// Window on the picture that can affect a unit: backwards through the operations, as opsin.nn.input_window.
function windowOf(path, box) { return through(DATA.ops, path, box); }
function through(ops, path, box) {
  for (let n = 0; n < ops.length; n++) {
    let found = null;
    if (ops[n].path === path) found = before(ops[n], box);
    else if (ops[n].branches && path.startsWith(`${ops[n].path}/`)) for (const branch of ops[n].branches) found = found ?? through(branch, path, box);
    if (found) return back(ops.slice(0, n), found);
  }
  return null;
}
function back(ops, box) { for (const op of ops.slice().reverse()) box = before(op, box); return box; }
function before(op, box) {
  const {x} = maps.get(op.path), whole = [[0, x.h - 1], [0, x.w - 1]];
  if (box.some(([a, b]) => b < a)) return [[0, -1], [0, -1]];
  if (op.branches) {
    const boxes = op.branches.map(branch => {
      const last = branch.length ? maps.get(branch[branch.length - 1].path).y : x;
      return back(branch, [[last.h, box[0]], [last.w, box[1]]].map(([n, [a, b]]) => [Math.min(a, n - 1), Math.min(b, n - 1)]));
    }).filter(b => b[0][1] >= b[0][0]);
    return boxes.length ? [0, 1].map(n => [Math.min(...boxes.map(b => b[n][0])), Math.max(...boxes.map(b => b[n][1]))]) : [[0, -1], [0, -1]];
  }
  if (["global", "reshape"].includes(op.op) || (op.op === "norm" && op.groups) || (op.op === "dense" && x.h * x.w === 1)) return whole;
  const steps = op.op === "steps" ? [op.steps[0]] : [op];
  return [0, 1].map(n => {
    let [a, b] = box[n]; const o = steps[0];
    if (o.op === "conv" || o.op === "pool") { a = a * o.strides[n] - o.pad[n]; b = b * o.strides[n] - o.pad[n] + (o.kernel[n] - 1) * (o.dilation ? o.dilation[n] : 1); }
    else if (o.op === "pad") { a -= o.pairs[n][0]; b -= o.pairs[n][0]; }
    else if (o.op === "crop") { a += o.pairs[n][0]; b += o.pairs[n][0]; }
    else if (o.op === "upsample") { const f = o.size[n], soft = o.mode === "nearest" ? 0 : 1; a = soft ? Math.floor((a + 0.5) / f - 0.5) : Math.floor(a / f); b = soft ? Math.ceil((b + 0.5) / f - 0.5) : Math.floor(b / f); }
    else if (o.op === "transposed") { const e = (o.kernel[n] - 1) * o.dilation[n]; a = Math.ceil((a + o.cut[n] - e) / o.strides[n]); b = Math.floor((b + o.cut[n]) / o.strides[n]); }
    return [Math.max(a, 0), Math.min(b, whole[n][1])];
  });
}
function showUnit() {
  const box = $("unit"), found = maps.get(layer), frame = $("frame"); box.replaceChildren();
  frame.hidden = true;
  if (!found || !unit) { box.append(element("p", "Choose a unit: click into a map above, or focus a map and use the arrow keys.", {class: "small"})); return; }
  const {op, x, y} = found, {i, j, k} = unit, value = y.d[(i * y.w + j) * y.c + k];
  const area = windowOf(op.path, [[i, i], [j, j]]);
  if (area && area[0][1] >= area[0][0]) {
    frame.hidden = false;
    const [[t, b], [l, r]] = area;
    Object.assign(frame.style, {left: `${100 * l / WIDTH}%`, top: `${100 * t / H}%`, width: `${100 * (r - l + 1) / WIDTH}%`, height: `${100 * (b - t + 1) / H}%`});
    box.append(element("p", `Unit (${i}, ${j}) of map ${k} = ${number(value)}. It sees rows ${t} to ${b} and columns ${l} to ${r} of the picture (frame), and nothing else.`));
  } else box.append(element("p", `Unit (${i}, ${j}) of map ${k} = ${number(value)}.`));
  const steps = op.op === "conv" ? convolutionSteps(op, x, i, j, k) : op.op === "dense" ? denseSteps(op, x, i, j, k) : op.op === "pool" ? poolSteps(op, x, i, j, k) : [];
  if (op.op === "affine") steps.push(element("p", `${number(x.d[(i * x.w + j) * x.c + k])} × ${number(W.floats[op.scale + k])} + ${number(op.offset < 0 ? 0 : W.floats[op.offset + k])} = ${number(value)}`, {class: "sum"}));
  if (op.op === "activation") steps.push(element("p", `${op.activation}(${number(x.d[(i * x.w + j) * x.c + k])}) = ${number(value)}`, {class: "sum"}));
  box.append(...steps);
}
function grid(rows, title) {
  const table = element("table", null, {class: "grid"}), flat = rows.flat().map(Math.abs), top = Math.max(...flat, 1e-9);
  table.append(element("caption", title));
  for (const row of rows) {
    const tr = element("tr");
    for (const v of row) { const td = element("td", v.toFixed(2)); td.style.backgroundColor = `rgba(${v < 0 ? "179,71,42" : "11,107,115"},${0.55 * Math.abs(v) / top})`; tr.append(td); }
    table.append(tr);
  }
  return table;
}
function convolutionSteps(op, x, i, j, k) {
  const [kh, kw] = op.kernel, cin = x.c / op.groups, c = op.shape[op.shape.length - 1], first = Math.floor(k / (c / op.groups)) * cin;
  const parts = [];
  for (let q = 0; q < cin; q++) {
    const patch = [], kernel = [], product = []; let sum = 0;
    for (let a = 0; a < kh; a++) {
      patch.push([]); kernel.push([]); product.push([]);
      for (let b = 0; b < kw; b++) {
        const r = i * op.strides[0] - op.pad[0] + a * op.dilation[0], s = j * op.strides[1] - op.pad[1] + b * op.dilation[1];
        const v = r < 0 || r >= x.h || s < 0 || s >= x.w ? 0 : x.d[(r * x.w + s) * x.c + first + q], w = W.halves[op.weight + ((a * kw + b) * cin + q) * c + k];
        patch[a].push(v); kernel[a].push(w); product[a].push(v * w); sum += v * w;
      }
    }
    parts.push({q: first + q, patch, kernel, product, sum});
  }
  const bias = op.bias < 0 ? 0 : W.floats[op.bias + k], total = parts.reduce((n, p) => n + p.sum, 0), out = [];
  const shown = parts.slice().sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, 3);
  for (const p of shown) {
    const row = element("div", null, {class: "product"});
    row.append(grid(p.patch, `window of map ${p.q}`), element("span", "×"), grid(p.kernel, "kernel"), element("span", "="), grid(p.product, `products, sum ${number(p.sum)}`));
    out.push(row);
  }
  const rest = total - shown.reduce((n, p) => n + p.sum, 0);
  const terms = [...shown.map(p => number(p.sum)), ...(parts.length > 3 ? [`${number(rest)} (${parts.length - 3} more maps)`] : []), `${number(bias)} (bias)`];
  const f = activate({d: Float32Array.of(total + bias), h: 1, w: 1, c: 1}, op.activation === "softmax" ? "linear" : op.activation).d[0];
  out.push(element("p", `${terms.join(" + ")} = ${number(total + bias)}${op.activation === "linear" ? "" : `; ${op.activation} gives ${number(f)}`}`, {class: "sum"}));
  out.push(element("p", `The same kernel makes the whole map ${k}: ${kh}×${kw}×${cin} weights for ${op.shape[0]}×${op.shape[1]} positions.`, {class: "small"}));
  return out;
}
function poolSteps(op, x, i, j, k) {
  const rows = [];
  for (let a = 0; a < op.kernel[0]; a++) {
    const row = [];
    for (let b = 0; b < op.kernel[1]; b++) {
      const r = i * op.strides[0] - op.pad[0] + a, s = j * op.strides[1] - op.pad[1] + b;
      if (r >= 0 && r < x.h && s >= 0 && s < x.w) row.push(x.d[(r * x.w + s) * x.c + k]);
    }
    if (row.length) rows.push(row);
  }
  const flat = rows.flat();
  return [grid(rows, "window"), element("p", op.average ? `mean = ${number(flat.reduce((a, b) => a + b, 0) / flat.length)}` : `largest value = ${number(Math.max(...flat))}`, {class: "sum"})];
}
function denseSteps(op, x, i, j, k) {
  const c = op.shape[op.shape.length - 1], parts = [];
  for (let q = 0; q < x.c; q++) { const v = x.d[(i * x.w + j) * x.c + q], w = W.halves[op.weight + q * c + k]; parts.push([v * w, q, v, w]); }
  const total = parts.reduce((n, p) => n + p[0], 0), bias = op.bias < 0 ? 0 : W.floats[op.bias + k];
  const table = element("table"), top = parts.sort((a, b) => Math.abs(b[0]) - Math.abs(a[0])).slice(0, 8);
  table.append(element("caption", `the largest of ${x.c} products`));
  for (const [p, q, v, w] of top) { const tr = element("tr"); tr.append(element("th", `value ${q}`, {scope: "row"}), element("td", `${number(v)} × ${number(w)}`, {class: "n"}), element("td", `= ${number(p)}`, {class: "n"})); table.append(tr); }
  return [table, element("p", `sum of all ${x.c} products ${number(total)} + bias ${number(bias)} = ${number(total + bias)}${op.activation === "linear" ? "" : `, then ${op.activation}`}`, {class: "sum"})];
}
// A dropped or chosen file, fitted into the input as `letterbox` does: centred, rest filled with the colour of the border.
async function take(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) { $("time").textContent = `${file.name} cannot be read. Expected an image that this browser shows, such as JPEG or PNG.`; return; }
  const c = element("canvas"), g = c.getContext("2d"), s = Math.min(WIDTH / bitmap.width, H / bitmap.height);
  c.width = WIDTH; c.height = H;
  g.imageSmoothingQuality = "high";
  const w = Math.max(1, Math.round(bitmap.width * s)), h = Math.max(1, Math.round(bitmap.height * s)), l = Math.floor((WIDTH - w) / 2), t = Math.floor((H - h) / 2);
  g.drawImage(bitmap, 0, 0, 1, 1, 0, 0, WIDTH, H); g.drawImage(bitmap, l, t, w, h);
  picture = c; update();
}
for (const [id, name] of [["shift", "shift"], ["down", "down"], ["angle", "angle"], ["scale", "scale"]])
  $(id).addEventListener("input", event => { move[name] = Number(event.target.value); $(`${id}-value`).textContent = event.target.value; update(); });
$("reset").addEventListener("click", () => {
  Object.assign(move, {shift: 0, down: 0, angle: 0, scale: 1}); picture = canvasOf(bytes(DATA.pixels));
  for (const id of ["shift", "down", "angle", "scale"]) { $(id).value = move[id]; $(`${id}-value`).textContent = move[id]; }
  update();
});
$("file").addEventListener("change", event => { if (event.target.files.length) take(event.target.files[0]); });
document.addEventListener("dragover", event => event.preventDefault());
document.addEventListener("drop", event => { event.preventDefault(); if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]); });
(async () => {
  const [h, f] = $("weights").textContent.trim().split(" ");
  const halves = await unzipped(bytes(h)), floats = await unzipped(bytes(f || ""));
  W = {halves: halfToFloat(halves), floats: new Float32Array(floats.buffer, 0, floats.byteLength >> 2)};
  picture = canvasOf(bytes(DATA.pixels));
  layer = (LIST.find(({op}) => op.op === "conv") || LIST[0]).op.path;
  compute();
  document.body.dataset.ready = "yes";
})();

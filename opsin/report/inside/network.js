"use strict";
// Runs a network on one image. A feature map is {d: Float32Array (height, width, channels), h, w, c}; a vector has h = w = 1.
function halfToFloat(bytes) {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1), out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const v = halves[i], e = (v >> 10) & 31, m = v & 1023, s = v & 32768 ? -1 : 1;
    out[i] = e === 0 ? s * m * 2 ** -24 : e === 31 ? (m ? NaN : s * Infinity) : s * (1 + m / 1024) * 2 ** (e - 15);
  }
  return out;
}
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const p = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
  let s = 0;
  for (const a of p) s = s * t + a;
  const r = 1 - t * Math.exp(-x * x + s);
  return x >= 0 ? r : -r;
}
const FUNCTIONS = {
  relu: x => x > 0 ? x : 0, relu6: x => x < 0 ? 0 : x > 6 ? 6 : x, sigmoid: x => 1 / (1 + Math.exp(-x)), tanh: Math.tanh,
  silu: x => x / (1 + Math.exp(-x)), swish: x => x / (1 + Math.exp(-x)), gelu: x => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  elu: x => x > 0 ? x : Math.expm1(x), leaky_relu: x => x > 0 ? x : 0.2 * x,
  hard_sigmoid: x => Math.min(Math.max(x / 6 + 0.5, 0), 1), hard_silu: x => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  hard_swish: x => x * Math.min(Math.max(x / 6 + 0.5, 0), 1), softplus: x => x > 20 ? x : Math.log1p(Math.exp(x)),
};
function tensor(h, w, c) { return {d: new Float32Array(h * w * c), h, w, c}; }
function activate(x, name) {
  if (name === "linear") return x;
  const d = x.d;
  if (name === "softmax") {
    for (let i = 0; i < d.length; i += x.c) {
      let top = -Infinity, sum = 0;
      for (let k = 0; k < x.c; k++) top = Math.max(top, d[i + k]);
      for (let k = 0; k < x.c; k++) sum += d[i + k] = Math.exp(d[i + k] - top);
      for (let k = 0; k < x.c; k++) d[i + k] /= sum;
    }
    return x;
  }
  if (name === "relu") { for (let i = 0; i < d.length; i++) if (!(d[i] > 0)) d[i] = 0; return x; }
  const f = FUNCTIONS[name];
  for (let i = 0; i < d.length; i++) d[i] = f(d[i]);
  return x;
}
function sized(op) { return op.shape.length === 3 ? op.shape : [1, 1, op.shape.reduce((a, b) => a * b, 1)]; }
function conv(x, op, W) {
  const [h, w, c] = sized(op), y = tensor(h, w, c), [kh, kw] = op.kernel, [sh, sw] = op.strides, [dh, dw] = op.dilation;
  const [ph, pw] = op.pad, cin = x.c / op.groups, cout = c / op.groups, K = W.halves, B = W.floats, xd = x.d, yd = y.d;
  const acc = new Float32Array(c);
  for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) {
    if (op.bias >= 0) for (let o = 0; o < c; o++) acc[o] = B[op.bias + o]; else acc.fill(0);
    for (let a = 0; a < kh; a++) {
      const r = i * sh - ph + a * dh;
      if (r < 0 || r >= x.h) continue;
      for (let b = 0; b < kw; b++) {
        const s = j * sw - pw + b * dw;
        if (s < 0 || s >= x.w) continue;
        const at = (r * x.w + s) * x.c, base = op.weight + (a * kw + b) * cin * c;
        if (op.groups === 1) {
          for (let k = 0; k < cin; k++) {
            const v = xd[at + k], row = base + k * c;
            if (v !== 0) for (let o = 0; o < c; o++) acc[o] += v * K[row + o];
          }
        } else if (cin === 1 && cout === 1) {
          for (let o = 0; o < c; o++) acc[o] += xd[at + o] * K[base + o];
        } else {
          for (let o = 0; o < c; o++) {
            const g = Math.floor(o / cout) * cin;
            for (let k = 0; k < cin; k++) acc[o] += xd[at + g + k] * K[base + k * c + o];
          }
        }
      }
    }
    yd.set(acc, (i * w + j) * c);
  }
  return activate(y, op.activation);
}
function transposed(x, op, W) {
  const [h, w, c] = sized(op), y = tensor(h, w, c), [kh, kw] = op.kernel, [sh, sw] = op.strides, [dh, dw] = op.dilation;
  if (op.bias >= 0) for (let i = 0; i < y.d.length; i++) y.d[i] = W.floats[op.bias + i % c];
  for (let i = 0; i < x.h; i++) for (let j = 0; j < x.w; j++) for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
    const r = i * sh + a * dh - op.cut[0], s = j * sw + b * dw - op.cut[1];
    if (r < 0 || r >= h || s < 0 || s >= w) continue;
    for (let k = 0; k < x.c; k++) {
      const v = x.d[(i * x.w + j) * x.c + k], row = op.weight + ((a * kw + b) * x.c + k) * c, at = (r * w + s) * c;
      for (let o = 0; o < c; o++) y.d[at + o] += v * W.halves[row + o];
    }
  }
  return activate(y, op.activation);
}
function pool(x, op) {
  const [h, w, c] = sized(op), y = tensor(h, w, c), [kh, kw] = op.kernel, [sh, sw] = op.strides, [ph, pw] = op.pad;
  for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) for (let k = 0; k < c; k++) {
    let best = -Infinity, sum = 0, n = 0;
    for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
      const r = i * sh - ph + a, s = j * sw - pw + b;
      if (r < 0 || r >= x.h || s < 0 || s >= x.w) continue;
      const v = x.d[(r * x.w + s) * x.c + k];
      best = Math.max(best, v); sum += v; n++;
    }
    y.d[(i * w + j) * c + k] = op.average ? sum / n : best;
  }
  return y;
}
function dense(x, op, W) {
  const c = op.shape[op.shape.length - 1], y = tensor(x.h, x.w, c);
  for (let p = 0; p < x.h * x.w; p++) {
    const acc = new Float64Array(c);
    for (let k = 0; k < x.c; k++) {
      const v = x.d[p * x.c + k], row = op.weight + k * c;
      if (v !== 0) for (let o = 0; o < c; o++) acc[o] += v * W.halves[row + o];
    }
    for (let o = 0; o < c; o++) y.d[p * c + o] = acc[o] + (op.bias >= 0 ? W.floats[op.bias + o] : 0);
  }
  return activate(y, op.activation);
}
function norm(x, op, W) {
  const y = tensor(x.h, x.w, x.c), n = x.h * x.w, groups = op.groups || 1, size = x.c / groups;
  const blocks = op.groups ? groups : n;
  for (let g = 0; g < blocks; g++) {
    let sum = 0, square = 0, count = 0;
    const each = f => {
      if (op.groups) for (let p = 0; p < n; p++) for (let k = g * size; k < (g + 1) * size; k++) f(p * x.c + k, k);
      else for (let k = 0; k < x.c; k++) f(g * x.c + k, k);
    };
    each(i => { sum += x.d[i]; count++; });
    const mean = sum / count;
    each(i => { square += (x.d[i] - mean) ** 2; });
    const scale = 1 / Math.sqrt(square / count + op.eps);
    each((i, k) => {
      y.d[i] = (x.d[i] - mean) * scale * (op.scale < 0 ? 1 : W.floats[op.scale + k]) + (op.offset < 0 ? 0 : W.floats[op.offset + k]);
    });
  }
  return y;
}
function mapped(x, f) { const y = tensor(x.h, x.w, x.c); for (let i = 0; i < x.d.length; i++) y.d[i] = f(x.d[i], i % x.c, i); return y; }
function windowed(x, op, top, left) {
  const [h, w, c] = sized(op), y = tensor(h, w, c);
  for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) {
    const r = i - top, s = j - left;
    if (r >= 0 && r < x.h && s >= 0 && s < x.w) y.d.set(x.d.subarray((r * x.w + s) * c, (r * x.w + s + 1) * c), (i * w + j) * c);
  }
  return y;
}
function upsample(x, op) {
  const [h, w, c] = sized(op), y = tensor(h, w, c), [fh, fw] = op.size;
  for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) {
    if (op.mode === "nearest") {
      const at = (Math.floor(i / fh) * x.w + Math.floor(j / fw)) * c;
      y.d.set(x.d.subarray(at, at + c), (i * w + j) * c);
      continue;
    }
    const r = Math.max((i + 0.5) / fh - 0.5, 0), s = Math.max((j + 0.5) / fw - 0.5, 0), r0 = Math.floor(r), s0 = Math.floor(s);
    const r1 = Math.min(r0 + 1, x.h - 1), s1 = Math.min(s0 + 1, x.w - 1), a = r - r0, b = s - s0;
    for (let k = 0; k < c; k++) {
      const at = (p, q) => x.d[(p * x.w + q) * c + k];
      y.d[(i * w + j) * c + k] = (1 - a) * ((1 - b) * at(r0, s0) + b * at(r0, s1)) + a * ((1 - b) * at(r1, s0) + b * at(r1, s1));
    }
  }
  return y;
}
function merged(parts, how) {
  if (how === "concatenate") {
    const c = parts.reduce((n, part) => n + part.c, 0), y = tensor(parts[0].h, parts[0].w, c);
    for (let p = 0; p < y.h * y.w; p++) {
      let at = p * c;
      for (const part of parts) { y.d.set(part.d.subarray(p * part.c, (p + 1) * part.c), at); at += part.c; }
    }
    return y;
  }
  const h = Math.max(...parts.map(p => p.h)), w = Math.max(...parts.map(p => p.w)), c = Math.max(...parts.map(p => p.c));
  const y = tensor(h, w, c).d.fill(how === "add" ? 0 : 1), out = {d: y, h, w, c};
  for (const part of parts) for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) for (let k = 0; k < c; k++) {
    const v = part.d[((part.h > 1 ? i : 0) * part.w + (part.w > 1 ? j : 0)) * part.c + (part.c > 1 ? k : 0)], at = (i * w + j) * c + k;
    y[at] = how === "add" ? y[at] + v : y[at] * v;
  }
  return out;
}
function copied(x) { return {d: x.d.slice(), h: x.h, w: x.w, c: x.c}; }
const OPS = {
  conv, transposed, pool, dense, norm, upsample,
  steps: (x, op, W) => op.steps.reduce((y, step) => OPS[step.op](y, step, W), x),
  affine: (x, op, W) => mapped(x, (v, k) => v * W.floats[op.scale + k] + (op.offset < 0 ? 0 : W.floats[op.offset + k])),
  activation: (x, op) => activate(copied(x), op.activation),
  prelu: (x, op, W) => mapped(x, (v, k, i) => v > 0 ? v : v * W.floats[op.slope + i]),
  table: (x, op, W) => mapped(x, v => {
    const p = (v + op.reach) / (2 * op.reach) * (op.count - 1), i = Math.min(Math.max(Math.floor(p), 0), op.count - 2);
    return W.floats[op.values + i] + (p - i) * (W.floats[op.values + i + 1] - W.floats[op.values + i]);
  }),
  global: (x, op) => {
    const y = tensor(1, 1, x.c), n = x.h * x.w;
    if (!op.average) y.d.fill(-Infinity);
    for (let i = 0; i < x.d.length; i++) y.d[i % x.c] = op.average ? y.d[i % x.c] + x.d[i] / n : Math.max(y.d[i % x.c], x.d[i]);
    return y;
  },
  pad: (x, op) => windowed(x, op, op.pairs[0][0], op.pairs[1][0]),
  crop: (x, op) => windowed(x, op, -op.pairs[0][0], -op.pairs[1][0]),
  reshape: (x, op) => { const [h, w, c] = sized(op); return {d: x.d.slice(), h, w, c}; },
  rescale: (x, op) => mapped(x, v => v * op.scale + op.offset),
  dropout: x => x,
};
// Runs a list of operations; `seen` is called with each operation, its input and its output.
function run(ops, x, W, seen) {
  for (const op of ops) {
    let y;
    if (op.op !== "branches") y = OPS[op.op](x, op, W);
    else if (op.merge === "chain") y = run(op.branches[0], x, W, seen);
    else y = merged(op.branches.map(branch => run(branch, x, W, seen)), op.merge);
    if (seen) seen(op, x, y);
    x = y;
  }
  return x;
}

// The book's only script: interactive figures and quizzes.
// One classic script, so that it also runs in pages opened from a folder.
"use strict";

(() => {
  // ---------------------------------------------------------------- text, in one place to translate
  const TEXT = {
    kappa: "Condition number κ",
    eta: "Learning rate η",
    mu: "Momentum μ",
    path: "Path",
    distance: "Distance to the optimum",
    regimes: "What one direction does",
    flat: "flat direction",
    steep: "steep direction",
    step: "step",
    surface: "Surface",
    frame: "Step",
    loss: "Loss",
    method: "Method",
    rate: "Rate",
    play: "Play",
    pause: "Pause",
    critical: "critical",
    diverges: "diverges",
    creeps: "creeps",
    oscillates: "oscillates",
    flips: "changes sign every step",
    w: "Weight w",
    b: "Bias b",
    width: "Distance to the second step",
    example: "Example",
    oneUnit: "One unit, σ(wx + b)",
    twoUnits: "Minus the same unit, moved",
    input: "x",
    schedule: "Schedule",
    start: "Start θ",
    twoModels: "A loss and its two models",
    tangent: "tangent",
    parabola: "parabola",
    right: "Right.",
    wrong: "Not yet.",
  };
  const FLAT = "#3d7fd0";
  const STEEP = "#d9601a";
  const PARABOLA = "#1b9269";
  const FAR = 1e3; // a coordinate beyond it is not drawn

  // ---------------------------------------------------------------- numerics: pure, tested in node

  /** One step of torch's SGD with momentum: v ← μ v + g, θ ← θ − η v. */
  function momentumStep(point, velocity, gradient, eta, mu) {
    const next = velocity.map((v, i) => mu * v + gradient[i]);
    return { point: point.map((p, i) => p - eta * next[i]), velocity: next };
  }

  /** Points visited on f(x, y) = (x²/κ + y²)/2, the start included. */
  function descend({ start, steps, kappa, eta, mu }) {
    const points = [start];
    let velocity = [0, 0];
    for (let step = 0; step < steps; step += 1) {
      const [x, y] = points[step];
      const moved = momentumStep([x, y], velocity, [x / kappa, y], eta, mu);
      velocity = moved.velocity;
      points.push(moved.point);
    }
    return points;
  }

  /** Roots' largest modulus of z² − (1 + μ − ηλ) z + μ, and what it makes a direction do. */
  function regime(etaLambda, mu) {
    const trace = 1 + mu - etaLambda;
    const discriminant = trace * trace - 4 * mu;
    const radius =
      discriminant < 0 ? Math.sqrt(mu) : (Math.abs(trace) + Math.sqrt(discriminant)) / 2;
    if (radius >= 1) return { radius, name: "diverges" };
    if (discriminant < 0) return { radius, name: "oscillates" };
    return { radius, name: trace < 0 ? "flips" : "creeps" };
  }

  /** Output of one sigmoid unit. */
  function unit(x, w, b) {
    return 1 / (1 + Math.exp(-(w * x + b)));
  }

  /** Where a unit passes one half, and how far it is from one tenth to nine tenths. */
  function stepOf(w, b) {
    return { place: -b / w, rise: (2 * Math.log(9)) / w };
  }

  /** Value, slope and curvature at a point of a polynomial, the lowest power first. */
  function derivatives(coefficients, at) {
    const value = (row) => row.reduceRight((sum, coefficient) => sum * at + coefficient, 0);
    const slopes = (row) => row.slice(1).map((coefficient, i) => coefficient * (i + 1));
    const first = slopes(coefficients);
    return { value: value(coefficients), slope: value(first), curvature: value(slopes(first)) };
  }

  /** Where a step down the tangent leads, and a step to the turning point of the parabola. */
  function modelSteps(coefficients, at, eta) {
    const { slope, curvature } = derivatives(coefficients, at);
    return { tangent: at - eta * slope, parabola: at - slope / curvature };
  }

  /** The part of a path before it leaves what can be drawn. */
  function drawable(points) {
    const end = points.findIndex((p) => !p.every((c) => Math.abs(c) < FAR));
    return end < 0 ? points : points.slice(0, end);
  }

  // ---------------------------------------------------------------- drawing

  const SVG = "http://www.w3.org/2000/svg";

  function element(name, attributes = {}, children = []) {
    const isSvg = ["svg", "path", "ellipse", "circle", "line", "text", "g", "clipPath", "rect"];
    const node = isSvg.includes(name)
      ? document.createElementNS(SVG, name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  const BOX = { left: 44, right: 292, top: 24, bottom: 196 };
  let panels = 0;

  /** A panel with axes; `scale` maps data to the drawing, `marks` is the group to draw in. */
  function panel({ title, x, y, xlabel, ylabel, xticks, yticks, log = false }) {
    const fit = (value, [low, high], from, to) => from + ((value - low) / (high - low)) * (to - from);
    const rise = log ? Math.log10 : (value) => value;
    const limits = y.map(rise);
    const scale = {
      x: (value) => fit(value, x, BOX.left, BOX.right),
      y: (value) => fit(Math.min(Math.max(rise(value), -1e6), 1e6), limits, BOX.bottom, BOX.top),
    };
    const id = `clip-${(panels += 1)}`;
    const { left, right, top, bottom } = BOX;
    const frame = { x: left, y: top, width: right - left, height: bottom - top };
    const marks = element("g", { "clip-path": `url(#${id})` });
    const svg = element("svg", { viewBox: "0 0 310 232", "aria-hidden": "true" }, [
      element("clipPath", { id }, [element("rect", frame)]),
      element("rect", { ...frame, class: "frame" }),
      label(title, (left + right) / 2, 14, "middle", "title"),
      label(xlabel, (left + right) / 2, 228, "middle"),
      ...xticks.map((tick) => label(short(tick), scale.x(tick), bottom + 14, "middle")),
      ...yticks.map((tick) => label(short(tick), left - 5, scale.y(tick) + 4, "end")),
      marks,
    ]);
    if (ylabel) svg.append(label(ylabel, 4, 14, "start"));
    return { svg, marks, scale };
  }

  function label(text, x, y, anchor, kind = "label") {
    return element("text", { x, y, "text-anchor": anchor, class: kind }, [text]);
  }

  function curve({ scale, marks }, points, color, options = {}) {
    const at = ([x, y]) => `${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`;
    if (points.length < 2) return;
    marks.append(element("path", { d: `M${points.map(at).join("L")}`, stroke: color, ...options }));
  }

  function dot({ scale, marks }, [x, y], color, radius = 4) {
    marks.append(element("circle", { cx: scale.x(x), cy: scale.y(y), r: radius, fill: color }));
  }

  function short(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text = size >= 1e4 || size < 1e-2 ? value.toExponential(0) : String(+value.toPrecision(3));
    return text.replace("-", "−");
  }

  // Three significant digits; one form for all small numbers, so that a column can be compared.
  function digits(value) {
    const small = value !== 0 && Math.abs(value) < 1e-3;
    return small ? value.toExponential(2) : String(+value.toPrecision(3));
  }

  function say(value) {
    return Number.isFinite(value) && Math.abs(value) < FAR ? digits(value) : TEXT.diverges;
  }

  // ---------------------------------------------------------------- controls: native, with labels

  function slider(figure, name, text, [low, high, value], step, changed) {
    const id = `${figure.id}-${name}`;
    const input = element("input", { type: "range", id, min: low, max: high, step, value });
    const shown = element("output", { for: id }, [short(value)]);
    input.addEventListener("input", () => {
      shown.textContent = short(input.valueAsNumber);
      changed();
    });
    const row = element("div", { class: "control" }, [
      element("label", { for: id }, [text]),
      input,
      shown,
    ]);
    return { row, input, shown };
  }

  /** Replace a figure's still picture by live parts. */
  function enliven(figure, parts) {
    const stage = figure.querySelector(".course-stage");
    stage.removeAttribute("tabindex"); // its controls take the focus now
    stage.replaceChildren(...parts);
    figure.classList.add("course-live");
  }

  // ---------------------------------------------------------------- ravine: momentum on a bowl

  function ravine(figure, data) {
    const { start, steps, sliders } = data;
    const drawings = element("div", { class: "panels" });
    const status = element("p", { role: "status", class: "live" });
    const controls = {};
    for (const [name, [low, high, value]] of Object.entries(sliders)) {
      const fine = name === "kappa" ? 1 : 0.01;
      controls[name] = slider(figure, name, TEXT[name], [low, high, value], fine, draw);
    }

    function draw() {
      const read = (name) => (controls[name] ? controls[name].input.valueAsNumber : 0);
      const setting = { start, steps, kappa: read("kappa"), eta: read("eta"), mu: read("mu") };
      const points = descend(setting);
      const shown = [pathPanel(points, setting), distancePanel(points, setting)];
      if (controls.mu) shown.push(regimePanel(setting, sliders.eta[1]));
      drawings.replaceChildren(...shown.map((drawn) => drawn.svg));
      status.textContent = describe(points, setting);
    }
    draw();
    const rows = Object.values(controls).map((control) => control.row);
    enliven(figure, [drawings, ...rows, status]);
  }

  function pathPanel(points, { start, kappa }) {
    const wide = Math.abs(start[0]) * 1.25;
    const high = Math.abs(start[1]) * 2;
    const drawn = panel({
      title: TEXT.path,
      x: [-wide, wide],
      y: [-high, high],
      xlabel: TEXT.flat,
      ylabel: TEXT.steep,
      xticks: [-wide / 2, 0, wide / 2],
      yticks: [-high / 2, 0, high / 2],
    });
    const { scale, marks } = drawn;
    const deepest = (wide * wide) / kappa + high * high;
    for (let level = 1; level <= 6; level += 1) {
      const reach = Math.sqrt(deepest) * (level / 6);
      marks.append(
        element("ellipse", {
          cx: scale.x(0),
          cy: scale.y(0),
          rx: scale.x(reach * Math.sqrt(kappa)) - scale.x(0),
          ry: scale.y(0) - scale.y(reach),
          class: "contour",
        }),
      );
    }
    const visible = drawable(points);
    curve(drawn, visible, "currentColor");
    visible.forEach((point) => dot(drawn, point, "currentColor", 1.8));
    dot(drawn, start, STEEP);
    return drawn;
  }

  function distancePanel(points, { steps }) {
    const drawn = panel({
      title: TEXT.distance,
      x: [0, steps],
      y: [1e-6, 1e2],
      xlabel: TEXT.step,
      xticks: [0, steps / 2, steps],
      yticks: [1e-6, 1e-4, 1e-2, 1, 100],
      log: true,
    });
    const visible = drawable(points);
    [FLAT, STEEP].forEach((color, axis) => {
      curve(drawn, visible.map((point, step) => [step, Math.abs(point[axis])]), color);
    });
    drawn.svg.append(key(TEXT.flat, FLAT, 0), key(TEXT.steep, STEEP, 1));
    return drawn;
  }

  function key(text, color, row) {
    const node = label(text, BOX.right - 6, BOX.top + 14 + 14 * row, "end");
    node.setAttribute("style", `fill:${color}`);
    return node;
  }

  function regimePanel({ eta, mu, kappa }, widest) {
    const reach = Math.max(4, widest);
    const drawn = panel({
      title: TEXT.regimes,
      x: [0, reach],
      y: [0, 1],
      xlabel: "ηλ",
      ylabel: "μ",
      xticks: [0, 1, 2, 3, 4],
      yticks: [0, 0.5, 1],
    });
    const along = Array.from({ length: 161 }, (_, i) => (i / 160) * reach);
    curve(drawn, along.map((p) => [p, (1 - Math.sqrt(p)) ** 2]), "currentColor");
    curve(drawn, along.map((p) => [p, p / 2 - 1]), "#d43f3a");
    const { scale, marks } = drawn;
    marks.append(
      label(TEXT.oscillates, scale.x(1.3), scale.y(0.55), "middle"),
      label(TEXT.creeps, scale.x(0.06), scale.y(0.06), "start"),
      label(TEXT.diverges, scale.x(3.2), scale.y(0.12), "middle"),
    );
    dot(drawn, [eta / kappa, mu], FLAT, 5);
    dot(drawn, [eta, mu], STEEP, 5);
    return drawn;
  }

  function describe(points, { eta, mu, kappa, steps }) {
    const one = (name, direction) => {
      const { name: what, radius } = regime(direction, mu);
      return `${name}: ${TEXT[what]}, factor ${say(radius)} a step.`;
    };
    const distance = say(Math.hypot(...points[steps]));
    const end = `After ${steps} steps, distance to the optimum: ${distance}.`;
    return [end, one("Steep direction", eta), one("Flat direction", eta / kappa)].join(" ");
  }

  // ---------------------------------------------------------------- neuron: a step, and a bump of two

  function neuron(figure, { sliders, examples }) {
    const drawings = element("div", { class: "panels" });
    const status = element("p", { role: "status", class: "live" });
    const controls = {};
    for (const [name, range] of Object.entries(sliders)) {
      controls[name] = slider(figure, name, TEXT[name], range, name === "width" ? 0.01 : 1, draw);
    }
    const choice = element("select", { id: `${figure.id}-example` });
    choice.append(...examples.map(([w, b]) => element("option", {}, [`w = ${w}, b = ${b}`.replace("-", "−")])));
    choice.selectedIndex = examples.length - 1;

    function draw() {
      const [w, b, width] = ["w", "b", "width"].map((name) => controls[name].input.valueAsNumber);
      const { place, rise } = stepOf(w, b);
      const one = (x) => unit(x, w, b);
      const both = (x) => unit(x, w, b) - unit(x, w, b - w * width);
      drawings.replaceChildren(
        unitPanel(TEXT.oneUnit, one, [place]).svg,
        unitPanel(TEXT.twoUnits, both, [place, place + width]).svg,
      );
      const where = `The step is at −b/w = ${+place.toPrecision(4)}`;
      status.textContent = `${where}; it rises from 10% to 90% within ${+rise.toPrecision(2)}.`;
    }
    choice.addEventListener("change", () => {
      ["w", "b"].forEach((name, i) => {
        controls[name].input.value = examples[choice.selectedIndex][i];
        controls[name].input.dispatchEvent(new Event("input"));
      });
    });
    draw();
    const chosen = element("div", { class: "control" }, [
      element("label", { for: choice.id }, [TEXT.example]),
      choice,
    ]);
    const rows = Object.values(controls).map((control) => control.row);
    enliven(figure, [drawings, chosen, ...rows, status]);
  }

  function unitPanel(title, output, places) {
    const ticks = [0, 0.5, 1];
    const y = [-0.1, 1.1];
    const drawn = panel({ title, x: [0, 1], y, xlabel: TEXT.input, xticks: ticks, yticks: ticks });
    const along = Array.from({ length: 401 }, (_, i) => i / 400);
    places.forEach((place) => curve(drawn, y.map((end) => [place, end]), "currentColor", { class: "contour" }));
    curve(drawn, along.map((x) => [x, output(x)]), STEEP);
    return drawn;
  }

  // ---------------------------------------------------------------- curves: one of many, over a slider

  function curves(figure, { curves: all, slider: { label: text, range, step }, xlabel, ylabel }) {
    const still = [...figure.querySelector(".course-stage").children]; // it stays: it shows more
    const drawings = element("div", { class: "panels", style: "max-width: 26rem" });
    const status = element("p", { role: "status", class: "live" });
    const choice = element("select", { id: `${figure.id}-curve` });
    choice.append(...Object.keys(all).map((name) => element("option", {}, [name])));
    const { row, input } = slider(figure, "place", text, range, step, draw);

    function draw() {
      const name = choice.value;
      const values = all[name][Math.round((input.valueAsNumber - range[0]) / step)];
      const end = values.length;
      const drawn = panel({
        title: name,
        x: [0, end],
        y: [0, 1.1],
        xlabel,
        ylabel,
        xticks: [0, end / 2, end],
        yticks: [0, 0.5, 1],
      });
      const points = values.map((value, i) => [i, value]);
      const area = [[0, 0], ...points, [end - 1, 0]];
      curve(drawn, area, "none", { style: `fill:${FLAT};fill-opacity:0.15` });
      curve(drawn, points, FLAT);
      drawings.replaceChildren(drawn.svg);
      status.textContent = summary(name, values);
    }
    choice.addEventListener("change", draw);
    draw();
    const chosen = element("div", { class: "control" }, [
      element("label", { for: choice.id }, [TEXT.schedule]),
      choice,
    ]);
    enliven(figure, [...still, drawings, chosen, row, status]);
  }

  /** Mean and last value of a curve, in words. */
  function summary(name, values) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const last = values[values.length - 1];
    return `${name}: mean ${mean.toFixed(3)}, last ${digits(last)}.`;
  }

  // ---------------------------------------------------------------- models: a tangent and a parabola

  function models(figure, { coefficients, x, y, sliders }) {
    const still = [...figure.querySelector(".course-stage").children]; // it stays: it shows more
    const drawings = element("div", { class: "panels", style: "max-width: 26rem" });
    const status = element("p", { role: "status", class: "live" });
    const controls = {};
    for (const [name, range] of Object.entries(sliders)) {
      controls[name] = slider(figure, name, TEXT[name], range, 0.01, draw);
    }

    function draw() {
      const [at, eta] = ["start", "eta"].map((name) => controls[name].input.valueAsNumber);
      drawings.replaceChildren(modelsPanel(coefficients, at, eta, x, y).svg);
      status.textContent = tellModels(coefficients, at, eta);
    }
    draw();
    const rows = Object.values(controls).map((control) => control.row);
    enliven(figure, [...still, drawings, ...rows, status]);
  }

  function modelsPanel(coefficients, at, eta, x, y) {
    const [xticks, yticks] = [[-1, 0, 1], [0, 1, 2]];
    const drawn = panel({ title: TEXT.twoModels, x, y, xlabel: "θ", ylabel: TEXT.loss, xticks, yticks });
    const along = Array.from({ length: 201 }, (_, i) => x[0] + (i / 200) * (x[1] - x[0]));
    const height = (place) => derivatives(coefficients, place).value;
    const { value, slope, curvature } = derivatives(coefficients, at);
    const plane = (place) => value + slope * (place - at);
    const bent = (place) => plane(place) + (curvature * (place - at) ** 2) / 2;
    const ends = modelSteps(coefficients, at, eta);
    curve(drawn, along.map((place) => [place, height(place)]), "currentColor");
    [["tangent", plane, FLAT], ["parabola", bent, PARABOLA]].forEach(([name, model, color], row) => {
      curve(drawn, along.map((place) => [place, model(place)]), color, { "stroke-dasharray": "5 4" });
      const end = [ends[name], height(ends[name])];
      if (Math.abs(end[0]) < FAR) {
        curve(drawn, [[at, value], end], color);
        dot(drawn, end, color);
      }
      const named = label(TEXT[name], BOX.left + 8, BOX.top + 14 + 14 * row, "start");
      named.setAttribute("style", `fill:${color}`);
      drawn.svg.append(named);
    });
    dot(drawn, [at, value], STEEP, 5);
    return drawn;
  }

  function tellModels(coefficients, at, eta) {
    const { value, slope, curvature } = derivatives(coefficients, at);
    const told = Object.entries(modelSteps(coefficients, at, eta)).map(([name, place]) => {
      const after = derivatives(coefficients, place).value;
      const way = after > value ? "uphill" : "downhill";
      return `The ${TEXT[name]} leads to ${say(place)}, loss ${say(after)}: ${way}.`;
    });
    const here = `Loss ${say(value)}, slope ${say(slope)}, curvature ${say(curvature)}.`;
    return [here, ...told].join(" ").replaceAll("-", "−");
  }

  // ---------------------------------------------------------------- race: recorded paths, frame by frame

  function race(figure, { surfaces }) {
    const names = Object.keys(surfaces);
    const drawings = element("div", { class: "panels" });
    const table = element("table", { class: "standings" });
    const choice = element("select", { id: `${figure.id}-surface` });
    choice.append(...names.map((name) => element("option", { value: name }, [name])));
    const last = () => Object.values(surfaces[choice.value].paths)[0].points.length - 1;
    const frame = slider(figure, "frame", TEXT.frame, [0, last(), last()], 1, draw);
    const status = element("p", { role: "status", class: "live" });

    function draw() {
      const surface = surfaces[choice.value];
      const now = frame.input.valueAsNumber;
      drawings.replaceChildren(mapPanel(surface, now).svg, lossPanel(surface, now, last()).svg);
      table.replaceChildren(...standings(surface, now));
      status.textContent = leader(surface, now);
    }
    choice.addEventListener("change", () => {
      frame.input.max = last();
      frame.input.value = last();
      frame.shown.textContent = last();
      draw();
    });
    draw();
    const chosen = element("div", { class: "control" }, [
      element("label", { for: choice.id }, [TEXT.surface]),
      choice,
    ]);
    enliven(figure, [drawings, chosen, frame.row, player(frame, last), status, table]);
  }

  function mapPanel(surface, now) {
    const middle = ([low, high]) => [low, (low + high) / 2, high];
    const drawn = panel({
      title: TEXT.path,
      x: surface.x,
      y: surface.y,
      xlabel: "x",
      ylabel: "y",
      xticks: middle(surface.x),
      yticks: middle(surface.y),
    });
    surface.contours.forEach((line) => curve(drawn, line, "currentColor", { class: "contour" }));
    for (const { points, color } of Object.values(surface.paths)) {
      const visible = drawable(points.slice(0, now + 1));
      curve(drawn, visible, color);
      dot(drawn, visible[visible.length - 1], color);
    }
    return drawn;
  }

  function lossPanel(surface, now, last) {
    const paths = Object.values(surface.paths);
    const all = paths.flatMap((path) => path.loss).filter(Number.isFinite);
    const lowest = Math.min(...all);
    const positive = lowest > 0;
    const top = Math.max(...paths.map((path) => path.loss[0])) * (positive ? 2 : 1);
    const y = positive ? [Math.max(lowest, top * 1e-8), top] : [Math.max(lowest, -top * 10 - 10), top];
    const drawn = panel({
      title: TEXT.loss,
      x: [0, last],
      y,
      xlabel: TEXT.step,
      xticks: [0, Math.round(last / 2), last],
      yticks: y,
      log: positive,
    });
    for (const { loss, color } of paths) {
      const seen = loss.slice(0, now + 1).map((value, step) => [step, value]);
      curve(drawn, seen.filter(([, value]) => value !== null), color);
    }
    return drawn;
  }

  function standings(surface, now) {
    const head = element("tr", {}, [TEXT.method, TEXT.rate, TEXT.loss].map((text) =>
      element("th", { scope: "col" }, [text])));
    const rows = Object.entries(surface.paths).map(([name, { rate, loss, color }]) => {
      const swatch = element("span", { class: "swatch", style: `background:${color}` });
      return element("tr", {}, [
        element("th", { scope: "row" }, [swatch, name]),
        element("td", {}, [short(rate)]),
        element("td", {}, [loss[now] === null ? TEXT.diverges : digits(loss[now])]),
      ]);
    });
    return [element("thead", {}, [head]), element("tbody", {}, rows)];
  }

  function leader(surface, now) {
    const finite = Object.entries(surface.paths).filter(([, path]) => path.loss[now] !== null);
    const [name, path] = finite.reduce((best, one) => (one[1].loss[now] < best[1].loss[now] ? one : best));
    return `Lowest loss at step ${now}: ${name}, ${say(path.loss[now])}.`;
  }

  /** A play button, absent for readers who ask for less motion. */
  function player({ input }, last) {
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return "";
    const button = element("button", { type: "button", class: "play" }, [TEXT.play]);
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = TEXT.play;
    };
    const advance = () => {
      if (input.valueAsNumber >= last()) return stop();
      input.value = input.valueAsNumber + 1;
      return input.dispatchEvent(new Event("input"));
    };
    button.addEventListener("click", () => {
      if (timer !== null) return stop();
      if (input.valueAsNumber >= last()) input.value = 0;
      button.textContent = TEXT.pause;
      timer = setInterval(advance, 60);
      return undefined;
    });
    return button;
  }

  // ---------------------------------------------------------------- quizzes

  const SHELF = "course-quiz";

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(SHELF)) || {};
    } catch {
      return {}; // storage may be switched off, and a quiz works without it
    }
  }

  function remember(name, value) {
    try {
      localStorage.setItem(SHELF, JSON.stringify({ ...remembered(), [name]: value }));
    } catch {
      // storage may be switched off, and a quiz works without it
    }
  }

  function quizzes(root) {
    const page = location.pathname.split("/").pop().replace(/\.html$/, "");
    const all = [...root.querySelectorAll("fieldset[data-quiz]")];
    const isRight = (quiz) => quiz.querySelector('[data-right="true"] input').checked;
    const report = (quiz) => {
      if (!quiz.querySelector("input:checked")) return;
      const verdict = isRight(quiz) ? TEXT.right : TEXT.wrong;
      const count = `${all.filter(isRight).length} of ${all.length} on this page answered right.`;
      quiz.querySelector(".quiz-status").textContent = `${verdict} ${count}`;
    };
    const answers = remembered();
    for (const quiz of all) {
      const name = `${page}#${quiz.dataset.quiz}`;
      const before = quiz.querySelector(`input[value="${answers[name]}"]`);
      if (before) before.checked = true;
      quiz.addEventListener("change", ({ target }) => {
        remember(name, target.value);
        report(quiz);
      });
    }
    all.forEach(report);
  }

  // ---------------------------------------------------------------- start

  const KINDS = { ravine, neuron, curves, models, race };

  function start() {
    for (const figure of document.querySelectorAll("figure[data-widget]")) {
      const source = figure.querySelector('script[type="application/json"]');
      KINDS[figure.dataset.widget](figure, JSON.parse(source.textContent));
    }
    quizzes(document);
  }

  if (typeof module !== "undefined") module.exports = { momentumStep, descend, regime, unit, stepOf, modelSteps, drawable, summary };
  if (typeof document !== "undefined") start();
})();

// A small line chart: some series over the samples, with the values of now, or of the sample that
// is pointed at, in its legend.

const colours = ["one", "two", "three", "four"];
const width = 600;
const height = 116;

export class Chart {
  /**
   * `series`: [{name, value(sample)}], values null where unknown; `format`: a number as text;
   * `ceiling`: the least top of the scale; `isStacked`: each series stands on the one before.
   */
  constructor(title, { series, format, ceiling = 0, isStacked = false }) {
    Object.assign(this, { series, format, ceiling, isStacked, samples: [], pointed: null });
    this.element = element("article", "chart");
    this.legend = element("ul", "legend");
    this.svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" });
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", title);
    this.top = element("span");
    this.time = element("span");
    const axis = element("div", "axis");
    this.start = element("span");
    axis.append(this.start, this.time);
    const plot = element("div", "plot");
    this.top.className = "top";
    plot.append(this.svg, this.top);
    this.element.append(element("h2", "", title), this.legend, plot, axis);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.point(null));
  }

  show(samples) {
    this.samples = samples;
    this.draw();
  }

  point(event) {
    const count = this.samples.length;
    if (event && count > 1) {
      const box = this.svg.getBoundingClientRect();
      const place = Math.round(((event.clientX - box.left) / box.width) * (count - 1));
      this.pointed = count - 1 - Math.min(count - 1, Math.max(0, place));
    } else {
      this.pointed = null;
    }
    this.draw();
  }

  draw() {
    const rows = this.series.map(({ value }) => this.samples.map(value));
    const lines = this.isStacked ? stacked(rows) : rows;
    const top = Math.max(this.ceiling, ...lines.flat().filter((value) => value !== null)) || 1;
    const step = width / Math.max(1, this.samples.length - 1);
    const shapes = [0, 0.5, 1].map((share) => level(height * share));
    // The tallest of a stack is drawn first, so that the others lie over it.
    for (const index of [...lines.keys()].reverse()) {
      const points = outline(lines[index], step, top);
      const colour = colours[index];
      shapes.push(shape("path", { class: `area ${colour}`, d: area(points) }));
      shapes.push(shape("path", { class: colour, d: points.map(path).join("") }));
    }
    const at = this.pointed === null ? null : this.samples.length - 1 - this.pointed;
    if (at !== null && at >= 0) shapes.push(upright(at * step));
    this.svg.replaceChildren(...shapes);
    this.label(rows, at ?? this.samples.length - 1, top);
  }

  label(rows, at, top) {
    this.legend.replaceChildren(...this.series.map(({ name }, index) => {
      const item = element("li", colours[index]);
      const label = element("span", "meta", `${name} `);
      label.append(element("b", "", this.format(rows[index][at] ?? null)));
      item.append(label);
      return item;
    }));
    this.top.textContent = this.format(top);
    const ago = (sample) => (sample?.age ? `${sample.age} s ago` : "now");
    this.start.textContent = this.samples.length > 1 ? ago(this.samples[0]) : "";
    this.time.textContent = this.samples.length > 0 ? ago(this.samples[at]) : "";
  }
}

/** Runs of known points, each [x, y]; a gap where a value is unknown. */
function outline(values, step, top) {
  const runs = [[]];
  values.forEach((value, index) => {
    if (value === null) {
      if (runs.at(-1).length > 0) runs.push([]);
    } else {
      runs.at(-1).push([index * step, height - (value / top) * (height - 2) - 1]);
    }
  });
  return runs.filter((run) => run.length > 0);
}

function path(run) {
  return run.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function area(runs) {
  return runs.map((run) =>
    `${path(run)}L${run.at(-1)[0].toFixed(1)} ${height}L${run[0][0].toFixed(1)} ${height}Z`).join("");
}

function stacked(rows) {
  const sums = [];
  return rows.map((row) => row.map((value, index) => {
    sums[index] = value === null ? null : (sums[index] ?? 0) + value;
    return sums[index];
  }));
}

function level(y) {
  return shape("line", { x1: 0, x2: width, y1: y, y2: y });
}

function upright(x) {
  return shape("line", { class: "cursor", x1: x, x2: x, y1: 0, y2: height });
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** An element with text, never with markup: what a client stored is shown as it is. */
export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

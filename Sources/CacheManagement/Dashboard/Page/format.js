// Numbers as people read them.

/** 1234567 as "1.23 M". */
export function count(number) {
  return scaled(number, 1000, ["", " k", " M", " G", " T"]);
}

/** "1 segment", "3 segments". */
export function amount(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Bytes in binary units. */
export function bytes(number) {
  return scaled(number, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);
}

/** Seconds as µs, ms or s. */
export function seconds(number) {
  if (number === null) return "–";
  if (number < 1e-3) return `${digits(number * 1e6)} µs`;
  if (number < 1) return `${digits(number * 1e3)} ms`;
  return `${digits(number)} s`;
}

/** A long time, such as "2 d 4 h". */
export function span(number) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => number >= size);
  if (first < 0) return "0 s";
  return units.slice(first, first + 2).map(([name, size], index) => {
    const rest = index === 0 ? number : number % units[first][1];
    return `${Math.floor(rest / size)} ${name}`;
  }).filter((text) => !text.startsWith("0 ")).join(" ");
}

export function percent(share) {
  return share === null ? "–" : `${(share * 100).toFixed(share > 0.9995 || share < 0.1 ? 0 : 1)} %`;
}

function scaled(number, base, units) {
  if (number === null) return "–";
  let unit = 0;
  let rest = number;
  while (rest >= base && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  return digits(rest) + units[unit];
}

/** Three significant digits, and never more places than they need. */
function digits(number) {
  if (number === 0) return "0";
  if (number >= 100) return String(Math.round(number));
  return String(Number(number.toPrecision(number >= 10 ? 3 : 2)));
}

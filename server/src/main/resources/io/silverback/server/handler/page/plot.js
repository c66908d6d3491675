// Samples over time, drawn as SVG.

import {h} from './dom.js';
import {exact, sample} from './format.js';

const HEIGHT = 220;
const BOTTOM = 24;
const TOP = 10;
const RIGHT = 12;

/** Says whether the screen is a narrow one, where a plot is smaller so that its texts are not. */
export const narrow = matchMedia('(max-width: 46rem)');

/** Seconds of the axis of times at least, so that each of its five labels is another second. */
const SHORTEST = 5;

/** Runs of numbers between the stale markers, each sample as [seconds, number, text]. */
function runs(samples) {
  const all = [[]];
  for (const [time, text] of samples) {
    const value = Number(text);
    if (Number.isFinite(value)) {
      all.at(-1).push([time, value, text]);
    } else if (all.at(-1).length > 0) {
      all.push([]);
    }
  }
  return all.filter(run => run.length > 0);
}

function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const half = (Math.abs(low) || 1) / 2;
  return low === high ? [low - half, Math.min(high + half, Number.MAX_VALUE)] : [low, high];
}

/** How far a value is on the way from low to high; the difference of the two may be no number. */
function part(value, low, high) {
  return (value / 2 - low / 2) / (high / 2 - low / 2);
}

function stretch(times) {
  const start = Math.min(...times);
  const last = Math.max(...times);
  const missing = Math.max(0, SHORTEST - (last - start)) / 2;
  return [start - missing, last + missing];
}

function line(run, x, y) {
  return run.map(([time, value], i) =>
    `${i === 0 ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('');
}

/** A small line without axes. */
export function sparkline(samples) {
  const parts = runs(samples || []);
  const points = parts.flat();
  if (points.length < 2) {
    return h('span', {class: 'faint'}, points.length > 0 ? 'one push' : samples?.length > 0 ? 'no number' : 'no history');
  }
  const [start, end] = extent(points.map(point => point[0]));
  const [low, high] = extent(points.map(point => point[1]));
  const x = time => 1 + 98 * (time - start) / (end - start);
  const y = value => 19 - 18 * part(value, low, high);
  return h('svg', {class: 'spark', viewBox: '0 0 100 20', preserveAspectRatio: 'none', role: 'img',
    'aria-label': `${points.length} samples from ${sample(points[0][2])} to ${sample(points.at(-1)[2])}`},
    parts.map(run => h('path', {d: line(run, x, y), class: 'line'})));
}

/** Round numbers between two, about as many as asked for. */
function ticks(low, high, most) {
  const rough = high / most - low / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const all = [];
  const first = Math.ceil(low / step);
  // By number and not from tick to tick: of large numbers the next one may be the same, or infinite.
  for (let i = 0; i <= most + 1; i++) {
    const tick = (first + i) * step;
    if (Number.isFinite(tick) && tick <= high + step / 1e6) {
      all.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
    }
  }
  return [...new Set(all)];
}

/** A number on an axis, where there is little room. */
function short(value) {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e15)
    ? value.toExponential(1)
    : value.toLocaleString('en', {notation: 'compact', maximumFractionDigits: Math.abs(value) < 1 ? 4 : 2});
}

function clock(seconds, span) {
  const date = new Date(seconds * 1000);
  return span > 2 * 86400
    ? date.toLocaleDateString(undefined, {month: 'short', day: 'numeric'})
    : date.toLocaleTimeString(undefined, span < 600
      ? {hour: '2-digit', minute: '2-digit', second: '2-digit'}
      : {hour: '2-digit', minute: '2-digit'});
}

/**
 * Every push as a point, with axes; a gap is where the series was no number.
 * The end of the series, if it has one, is a line with a cross: from then on Prometheus takes it for stale.
 * An end that is still to come is a line without one, and is drawn unless it would squeeze the pushes into less than half.
 */
export function plot(samples, title, end = undefined) {
  const parts = runs(samples || []);
  const points = parts.flat();
  if (points.length === 0) {
    return h('p', {class: 'faint'}, samples?.length > 0 ? 'No number in this time, so there is nothing to draw.' : 'No sample in this time.');
  }
  const ends = end && (!end.isToCome || isNear(end, points)) ? [end] : [];
  const width = narrow.matches ? 340 : 640;
  const left = narrow.matches ? 52 : 64;
  const [start, last] = stretch([points[0][0], points.at(-1)[0], ...ends.map(({time}) => time)]);
  const [low, high] = extent(points.map(point => point[1]));
  const x = time => left + (width - left - RIGHT) * (time - start) / (last - start);
  const y = value => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * part(value, low, high);
  const times = (narrow.matches ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map(share => start + share * (last - start));
  return h('svg', {class: 'plot', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': title},
    ticks(low, high, 4).map(value => h('g', {},
      h('line', {class: 'grid', x1: left, x2: width - RIGHT, y1: y(value), y2: y(value)}),
      h('text', {x: left - 6, y: y(value) + 4, 'text-anchor': 'end'}, short(value)))),
    times.map((time, i) => h('text', {x: x(time), y: HEIGHT - 6,
      'text-anchor': i === 0 ? 'start' : i === times.length - 1 ? 'end' : 'middle'},
      clock(time, last - start))),
    parts.map(run => h('path', {d: line(run, x, y), class: 'line'})),
    ends.map(({time, text, isToCome}) => h('g', {class: 'end'},
      h('title', {}, `${text} at ${exact(time * 1000)}`),
      h('line', {x1: x(time), x2: x(time), y1: TOP, y2: HEIGHT - BOTTOM}),
      !isToCome && h('path', {d: cross(x(time), y(points.at(-1)[1]))}),
      h('text', {x: x(time) - 7, y: TOP + 10, 'text-anchor': 'end'}, text))),
    points.length <= 2000 && points.map(([time, value, text]) =>
      h('circle', {class: 'point', cx: x(time).toFixed(1), cy: y(value).toFixed(1), r: 2.5},
        h('title', {}, `${sample(text)} at ${exact(time * 1000)}`))));
}

function isNear({time}, points) {
  const last = points.at(-1)[0];
  return time - last <= Math.max(last - points[0][0], SHORTEST);
}

function cross(x, y) {
  return `M${x - 4} ${y - 4}l8 8m0-8l-8 8`;
}

/** Buckets as bars: each has a name and how many observations it has. */
export function bars(buckets, title) {
  const most = Math.max(...buckets.map(bucket => bucket.count), 1);
  return h('table', {class: 'bars'},
    h('caption', {class: 'unseen'}, title),
    h('thead', {class: 'unseen'}, h('tr', {},
      ['bucket', 'share', 'observations'].map(head => h('th', {scope: 'col'}, head)))),
    h('tbody', {}, buckets.map(bucket => h('tr', {},
      h('th', {scope: 'row', title: bucket.title}, bucket.name),
      h('td', {class: 'drawn'}, h('svg', {viewBox: '0 0 100 10', preserveAspectRatio: 'none',
        'aria-hidden': 'true'},
        h('rect', {class: 'front', width: (100 * bucket.count / most).toFixed(2), height: 10}))),
      h('td', {class: 'number'}, sample(bucket.count))))));
}

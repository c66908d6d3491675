// Numbers and times as people read them.

import {h} from './dom.js';
import {now} from './api.js';

const UNITS = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];

/** Seconds as one number with a unit, such as `3 min`. */
export function duration(seconds) {
  if (seconds > 0 && seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  const whole = Math.max(0, Math.round(seconds));
  if (whole === 60 || whole === 3600 || whole === 86400) {
    const [unit] = UNITS.find(([, length]) => length === whole);
    return `1 ${unit}`;
  }
  const [unit, size] = UNITS.find(([, length]) => whole >= 2 * length) || UNITS.at(-1);
  return `${number(Math.floor(whole / size))} ${unit}`;
}

/** How long ago it was, with the exact time in the zone of the viewer for those who point at it. */
export function ago(iso) {
  if (!iso) {
    return h('span', {class: 'faint'}, 'never');
  }
  const seconds = (now() - Date.parse(iso)) / 1000;
  return h('time', {datetime: iso, title: exact(iso)},
    seconds < 1 ? 'just now' : `${duration(seconds)} ago`);
}

/** How long until then, with the exact time for those who point at it. */
export function until(iso) {
  const seconds = (Date.parse(iso) - now()) / 1000;
  return h('time', {datetime: iso, title: exact(iso)},
    seconds < 1 ? 'any moment' : `in ${duration(seconds)}`);
}

/** A time in the zone of the viewer. */
export function exact(time) {
  return new Date(time).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'long'});
}

/** A whole number with separators. */
export function number(value) {
  return Number(value).toLocaleString('en');
}

/** A count of things. */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${Number(value) === 1 ? one : many}`;
}

/** Bytes with a unit. */
export function bytes(value) {
  let size = Number(value);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1024) {
      return `${unit === 'B' ? size : size.toFixed(1)} ${unit}`;
    }
    size /= 1024;
  }
  return `${size.toFixed(1)} TiB`;
}

/** A sample as it was pushed, shorter if that loses nothing that a reader needs. */
export function sample(text) {
  const value = Number(text);
  if (!Number.isFinite(value)) {
    return text;
  }
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e15 || size < 1e-6)) {
    return String(value);
  }
  // All digits of the whole part count, of a counter of bytes for example.
  return value.toLocaleString('en', size < 1
    ? {maximumSignificantDigits: 12}
    : {maximumFractionDigits: Math.max(0, 11 - Math.floor(Math.log10(size)))});
}

/** A number that was worked out, and is no more exact than it needs to be. */
export function rounded(value) {
  return value.toLocaleString('en', {maximumSignificantDigits: 4});
}

/** A label value in the quotes of PromQL. */
export function quoted(text) {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** The labels as a selector of PromQL, maybe of one metric. */
export function selector(labels, metric = undefined) {
  const pairs = Object.entries(labels).map(([name, value]) => `${labelName(name)}=${quoted(value)}`);
  if (metric === undefined) {
    return `{${pairs.join(',')}}`;
  }
  return isPlain(metric, /^[a-zA-Z_:][\w:]*$/)
    ? `${metric}{${pairs.join(',')}}`
    : `{${[quoted(metric), ...pairs].join(',')}}`;
}

function labelName(name) {
  return isPlain(name, /^[a-zA-Z_]\w*$/) ? name : quoted(name);
}

function isPlain(name, pattern) {
  return pattern.test(name);
}

// Pieces that several views share.

import {h, render} from './dom.js';
import {bytes, duration, number} from './format.js';

/** Labels, the job first. */
export function labelList(labels) {
  const names = Object.keys(labels).sort((a, b) =>
    (b === 'job') - (a === 'job') || (a < b ? -1 : 1));
  return h('span', {class: 'labels'}, names.map(name =>
    h('span', {class: 'label'}, h('span', {class: 'name'}, name, '='), h('span', {class: 'value'},
      labels[name] === '' ? '""' : labels[name]))));
}

/** What is the same for the same labels, in whichever order. */
export function keyOf(labels) {
  return JSON.stringify(Object.entries(labels).sort());
}

/** The place of a view in the address of the page. */
export function link(name, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return `#/${name}${query ? `?${query}` : ''}`;
}

/** A table with a caption for those who cannot see what it is next to. */
export function table(caption, heads, rows, props = {}) {
  return h('div', {class: 'wide', role: 'region', 'aria-label': caption, tabindex: 0},
    h('table', props,
      h('caption', {class: 'unseen'}, caption),
      h('thead', {}, h('tr', {}, heads.map(head =>
        typeof head === 'string' ? h('th', {scope: 'col'}, head) : head))),
      h('tbody', {}, rows)));
}

/** The head of a column of numbers. */
export function numbers(text) {
  return h('th', {scope: 'col', class: 'number'}, text);
}

/** A flag, which no line ends in the middle of. */
export function flag(name) {
  return h('code', {class: 'flag'}, `--${name}`);
}

/** A short word about a state. */
export function badge(kind, text, title = undefined) {
  return h('span', {class: `badge ${kind}`, title}, text);
}

/** How much of something is taken, as a bar. */
export function bar(part, whole, text) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  const kind = share >= 0.9 ? 'bad' : share >= 0.75 ? 'warn' : 'good';
  return h('svg', {class: `bar ${kind}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none',
    role: 'img', 'aria-label': text},
    h('rect', {class: 'back', width: 100, height: 6}),
    h('rect', {class: 'front', width: (100 * share).toFixed(2), height: 6}));
}

/** Limits of a server, and how full they are where they can be. */
export function limitTable(caption, limits) {
  return table(caption, ['Flag', numbers('Used'), numbers('Limit'), 'Fill', numbers('Refused')], limits.map(limit =>
    h('tr', {key: limit.flag},
      h('th', {scope: 'row'}, flag(limit.flag)),
      h('td', {class: 'number', 'data-head': 'Used'}, limit.used === undefined ? none() : inUnit(limit.used, limit.unit)),
      h('td', {class: 'number', 'data-head': 'Limit'}, limit.most === 0 ? h('span', {class: 'faint'}, 'none') : inUnit(limit.most, limit.unit)),
      h('td', {'data-head': 'Fill'}, limit.most > 0 && limit.used !== undefined
        ? bar(limit.used, limit.most, `${Math.round(100 * limit.used / limit.most)} percent`)
        : none()),
      h('td', {class: 'number', 'data-head': 'Refused'}, number(limit.refused)))), {class: 'cards'});
}

function inUnit(value, unit) {
  switch (unit) {
    case 'bytes':
      return bytes(value);
    case 'bytes_per_second':
      return `${bytes(value)}/s`;
    case 'seconds':
      return duration(value);
    default:
      return number(value);
  }
}

/** Where a table has nothing to say. */
export function none() {
  return h('span', {class: 'faint none'}, '–');
}

/** A number with what it is. */
export function tile(value, text, kind = '') {
  return h('div', {class: `tile ${kind}`},
    h('strong', {}, typeof value === 'number' ? number(value) : value), h('span', {}, text));
}

/** Asks whether something is to be done; the word has to be typed if there is one. */
export function ask(question) {
  return new Promise(resolve => {
    const dialog = document.createElement('dialog');
    document.body.append(dialog);
    let typed = '';
    const end = answer => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const draw = () => render(dialog,
      h('form', {method: 'dialog', onsubmit: event => {
        event.preventDefault();
        end(true);
      }},
        h('h2', {id: 'question'}, question.title),
        question.text.map(text => h('p', {}, text)),
        question.detail,
        question.word && h('label', {},
          h('span', {}, 'Type ', h('kbd', {}, question.word), ' to go on'),
          h('input', {autocomplete: 'off', oninput: event => {
            typed = event.target.value;
            draw();
          }})),
        h('div', {class: 'buttons'},
          h('button', {type: 'button', onclick: () => end(false)}, 'Cancel'),
          h('button', {type: 'submit', class: 'danger',
            disabled: Boolean(question.word) && typed !== question.word}, question.action))));
    dialog.setAttribute('aria-labelledby', 'question');
    dialog.oncancel = event => {
      event.preventDefault();
      end(false);
    };
    draw();
    dialog.showModal();
  });
}

/** A button that copies a text. */
export function copyButton(app, title, text) {
  return h('button', {type: 'button', onclick: async () => {
    try {
      await copied(text);
      app.say(title.replace(/^Copy/, 'Copied'));
    } catch {
      app.fail('the browser does not let this page copy');
    }
  }}, title);
}

async function copied(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Pages without TLS have no clipboard.
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (!isDone) {
    throw new Error('not copied');
  }
}

// What a push would do: nothing of it is stored.

import {h} from './dom.js';
import {groupPath, send} from './api.js';
import {count, number} from './format.js';
import {badge, flag, labelList, none, numbers, table} from './parts.js';

const MOST_BYTES = 4 * 1024 * 1024;
const AROUND = 60;
const EXAMPLE = `# HELP backup_bytes What was copied.
# TYPE backup_bytes gauge
backup_bytes{database="orders"} 41000000
`;

/** What the viewer has written, and what the server said of it. */
let form = {job: '', labels: '', method: 'PUT', body: '', file: undefined};
let verdict;
let waits = false;

export default {
  title: () => 'Try a push',
  load: async () => ({}),
  view,
};

function view(data, params, app) {
  if (app.mayOrder('push')) {
    return [fields(app), verdict && outcome(verdict)];
  }
  return app.takesOrders ? h('p', {}, 'Trying a push needs the right ', h('code', {}, 'push'), ', which this server does not give you.') : h('p', {},
    'This server tries no pushes: start it with ', flag('web.enable-admin-api'),
    ', or check a file with ', h('code', {}, 'silverback check-push FILE'), '.');
}

function fields(app) {
  return h('form', {key: 'form', class: 'try', onsubmit: event => {
    event.preventDefault();
    judge(app);
  }},
    h('p', {class: 'faint'}, 'Nothing is stored. The server says what it would do with this push.'),
    h('div', {class: 'filter'},
      h('label', {}, h('span', {}, 'Job'), h('input', {name: 'job', value: form.job, required: true,
        autocomplete: 'off', spellcheck: 'false', placeholder: 'backup', oninput: event => {
          form.job = event.target.value;
        }})),
      h('label', {}, h('span', {}, 'Other grouping labels, as name=value with blanks between them'),
        h('input', {name: 'labels', value: form.labels, autocomplete: 'off', spellcheck: 'false',
          placeholder: 'instance=db-1 shard=2', oninput: event => {
            form.labels = event.target.value;
          }}))),
    h('div', {class: 'choices', role: 'group', 'aria-label': 'Method'}, [
      ['PUT', 'PUT: replaces the group'], ['POST', 'POST: replaces metrics of the same name'],
    ].map(([method, text]) => h('button', {type: 'button', 'aria-pressed': String(form.method === method),
      onclick: () => {
        form.method = method;
        app.draw();
      }}, text))),
    h('label', {class: 'body'}, h('span', {}, 'Body, in the text format; or drop a file here'),
      h('textarea', {name: 'body', value: form.body, spellcheck: 'false', placeholder: EXAMPLE,
        oninput: event => {
          form.body = event.target.value;
          form.file = undefined;
        },
        ondragover: event => event.preventDefault(),
        ondrop: event => {
          if (event.dataTransfer.files.length > 0) {
            event.preventDefault();
            take(event.dataTransfer.files[0], app);
          }
        }})),
    h('div', {class: 'buttons'},
      h('button', {type: 'submit', class: 'main', disabled: waits}, 'Try'),
      h('label', {class: 'file'}, h('span', {}, 'or choose a file '), h('input', {type: 'file', name: 'file',
        onchange: event => {
          if (event.target.files.length > 0) {
            take(event.target.files[0], app);
          }
        }}))),
    form.file && h('p', {}, 'The file ', h('code', {}, form.file.name), ` is tried, ${number(form.file.size)} bytes.`));
}

/** A file is sent as it is: a text that can be shown is shown. */
async function take(file, app) {
  form.file = file;
  form.body = '';
  if (file.size <= MOST_BYTES && !/\.(gz|sz|pb)$/.test(file.name)) {
    const text = await file.text();
    // A file that was no text would be another one once it is shown.
    if (!text.includes('\uFFFD') && !text.includes('\0')) {
      form.body = text;
      form.file = undefined;
    }
  }
  app.draw();
}

/** The labels of the key; the first "=" of each ends the name. */
function labels() {
  const pairs = form.labels.split(/\s+/).filter(Boolean).map(pair => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return {...Object.fromEntries(pairs), job: form.job};
}

async function judge(app) {
  const asked = {body: form.body};
  waits = true;
  app.draw();
  try {
    const headers = form.file && /\.gz$/.test(form.file.name) ? {'Content-Encoding': 'gzip'} : {};
    const path = `api/v1/admin/dry_run/${groupPath(labels()).replace(/^metrics\//, '')}`;
    const {data} = await send(form.method, path, form.file || new Blob([form.body]), headers);
    verdict = {...data, lines: asked.body.split('\n')};
  } catch (fault) {
    verdict = {failure: fault.message};
  }
  waits = false;
  app.draw();
  // On a narrow screen it is below what can be seen.
  document.getElementById('verdict')?.scrollIntoView({block: 'nearest'});
}

function outcome(told) {
  if (told.failure) {
    return h('p', {key: 'failure', id: 'verdict', class: 'failure', role: 'alert'}, told.failure);
  }
  return h('section', {key: 'verdict', id: 'verdict', 'aria-label': 'Verdict', 'aria-live': 'polite'},
    h('h2', {}, told.taken ? badge('good', 'would be taken') : badge('bad', 'would be refused'),
      h('span', {class: 'faint'}, ` with status ${told.status}`)),
    told.faults.length > 0
      ? h('ol', {class: 'faults'}, told.faults.map(fault => line(fault, told.lines)))
      : told.reason && h('p', {class: 'failure reason'}, told.reason),
    told.labels && h('p', {}, 'Group: ', labelList(told.labels),
      JSON.stringify(told.labels) !== JSON.stringify(told.sent_labels)
        && [' which the rewrite rules made of ', labelList(told.sent_labels)],
      told.leader && `, led by ${told.leader}`),
    told.taken && after(told));
}

/** The line with its fault marked, or what is around it in a long one. */
function line({line: at, column, cause, hint}, lines) {
  const text = at > 0 ? lines[at - 1] : undefined;
  const characters = text ? [...text] : [];
  const from = Math.max(0, column - 1 - AROUND);
  return h('li', {},
    at > 0 && h('strong', {}, `Line ${number(at)}, column ${number(column)}: `), cause,
    text !== undefined && text !== '' && h('pre', {}, from > 0 && '…', characters.slice(from, column - 1).join(''),
      h('mark', {}, characters[column - 1] || '⏎'), characters.slice(column, column + AROUND).join(''),
      characters.length > column + AROUND && '…'),
    hint && h('p', {class: 'faint'}, 'Hint: ', hint));
}

function after(told) {
  const kinds = {new: 'good', replaced: '', kept: '', removed: 'warn'};
  return [
    h('p', {}, `Afterwards the group would have ${count(told.series, 'series', 'series')}, and has ${number(told.series_before)} now.`),
    told.families.length > 0 && table('Metrics of the group afterwards', ['Metric', 'Type', numbers('Metrics'), 'What becomes of it'],
      told.families.map(family => h('tr', {key: family.name},
        h('th', {scope: 'row'}, h('code', {}, family.name), family.help && h('div', {class: 'faint'}, family.help)),
        h('td', {'data-head': 'Type'}, family.type.toLowerCase().replaceAll('_', ' ')),
        h('td', {class: 'number', 'data-head': 'Metrics'}, family.metrics > 0 ? number(family.metrics) : none()),
        h('td', {'data-head': 'What becomes of it'}, badge(kinds[family.change], family.change)))), {class: 'cards'}),
    told.families_in_all > told.families.length && h('p', {class: 'faint'},
      `Only the first ${number(told.families.length)} of ${number(told.families_in_all)} are shown.`),
  ];
}

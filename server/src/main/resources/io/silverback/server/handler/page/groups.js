// All groups: searched, filtered, sorted and paged by the server.

import {h} from './dom.js';
import {get, root, send} from './api.js';
import {ago, bytes, count, duration, exact, number} from './format.js';
import {ask, badge, copyButton, keyOf, labelList, link, none, numbers, table} from './parts.js';

const PAGE = 100;
const TYPING_MILLIS = 200;
const COLUMNS = [
  {sort: 'name', text: 'Group'},
  {sort: 'last_push', text: 'Last push'},
  {text: 'Pushed every', isNumber: true},
  {sort: 'series', text: 'Series', isNumber: true},
  {sort: 'bytes', text: 'Size', isNumber: true},
];
const STATES = [['any', 'All'], ['failed', 'Failed'], ['overdue', 'Overdue'], ['stale', 'Expired']];

const EXAMPLE = `echo 'up_to_date 1' | curl --data-binary @- ${new URL('metrics/job/example', root).href}`;

let typing;

export default {
  title: () => 'Groups',

  blank: {groups: [], writers: new Map()},

  async load(params, signal) {
    const query = {limit: PAGE, sort: params.get('sort') || 'name', order: params.get('order') || 'asc',
      state: params.get('state') || 'any'};
    const search = (params.get('search') || '').trim();
    if (search) {
      query[isSelector(search) ? 'match[]' : 'search'] = search;
    }
    if (params.get('after')) {
      query.after = params.get('after');
    }
    const [{data, next}, problems] = await Promise.all([
      get('api/v1/groups', query, signal),
      get('api/v1/problems', {}, signal).catch(() => undefined),
    ]);
    const writers = new Map((problems ? problems.data.problems : [])
      .filter(problem => problem.kind === 'writer_conflict')
      .map(problem => [keyOf(problem.labels), problem.client]));
    return {...data, next, writers};
  },

  view(data, params, app) {
    const search = params.get('search') || '';
    return [
      h('form', {key: 'filter', class: 'filter', role: 'search', onsubmit: event => {
        event.preventDefault();
        change(params, app, {search: event.target.elements.search.value});
      }},
        h('label', {}, h('span', {}, 'Search by words, or by a selector such as ', h('code', {}, '{job=~"back.*"}')), h('input', {
          name: 'search', type: 'search', value: search, autocomplete: 'off', spellcheck: 'false',
          placeholder: 'backup instance=db-1',
          oninput: event => {
            clearTimeout(typing);
            const text = event.target.value;
            typing = setTimeout(() => change(params, app, {search: text}), TYPING_MILLIS);
          },
        })),
        h('div', {class: 'choices', role: 'group', 'aria-label': 'State'}, STATES.map(([state, text]) =>
          h('button', {type: 'button', 'aria-pressed': String((params.get('state') || 'any') === state),
            onclick: () => change(params, app, {state: state === 'any' ? '' : state})},
            data.counts ? `${text} ${number(state === 'any' ? data.counts.all : data.counts[state])}` : text)))),
      data.counts && h('p', {key: 'found', role: 'status', class: 'faint'},
        data.counts.all === 0 ? 'Nothing was pushed yet. Push something, such as:' : `${count(data.counts.found, 'group')} found`),
      data.counts?.all === 0 && h('div', {key: 'example'},
        h('pre', {}, EXAMPLE),
        copyButton(app, 'Copy the command', EXAMPLE)),
      data.groups.length > 0 && rows(data, params, app),
      paging(data, params),
      data.counts?.found === 0 && data.counts.all > 0 && h('p', {key: 'none'}, h('a', {href: link('groups')}, 'Show all groups')),
      data.counts?.found > 0 && deletion(data, search.trim(), params.get('state'), app),
    ];
  },
};

function isSelector(text) {
  return text.startsWith('{');
}

/** Goes to the first page of what is asked for now. */
function change(params, app, values) {
  clearTimeout(typing);
  const next = {...Object.fromEntries(params), ...values};
  delete next.after;
  for (const name of Object.keys(next)) {
    if (!next[name]) {
      delete next[name];
    }
  }
  app.replace('groups', next);
}

function head({sort, text, isNumber}, params, app) {
  if (!sort) {
    return numbers(text);
  }
  const current = (params.get('sort') || 'name') === sort;
  const order = params.get('order') || 'asc';
  // Of numbers and times the largest are wanted first.
  const first = sort === 'name' ? 'asc' : 'desc';
  const next = current ? (order === 'asc' ? 'desc' : 'asc') : first;
  return h('th', {scope: 'col', class: isNumber ? 'number' : undefined,
    'aria-sort': current ? (order === 'asc' ? 'ascending' : 'descending') : undefined},
    h('button', {type: 'button', class: 'sort', onclick: () => change(params, app, {sort, order: next})},
      text, h('span', {'aria-hidden': 'true'}, current ? (order === 'asc' ? ' ▲' : ' ▼') : '')));
}

function rows(data, params, app) {
  return table('Groups', COLUMNS.map(column => head(column, params, app)), data.groups.map(group =>
    h('tr', {key: JSON.stringify(group.labels)},
      h('th', {scope: 'row'}, h('a', {href: link('group', group.labels)}, labelList(group.labels)),
        group.failed && badge('bad', 'failed', `The last push was refused, at ${exact(group.last_failure)}`),
        data.writers.has(keyOf(group.labels)) && badge('warn', 'several writers', data.writers.get(keyOf(group.labels))),
        group.stale && badge('warn', 'expired'),
        group.overdue && badge('warn', 'overdue')),
      h('td', {'data-head': 'Last push'}, ago(group.last_push)),
      h('td', {class: 'number', 'data-head': 'Pushed every'},
        group.interval_seconds ? duration(group.interval_seconds) : none()),
      h('td', {class: 'number', 'data-head': 'Series'}, number(group.series)),
      h('td', {class: 'number', 'data-head': 'Size'}, bytes(group.bytes)))), {class: 'cards sorted'});
}

function paging(data, params) {
  const after = params.get('after');
  if (!after && !data.next) {
    return undefined;
  }
  const others = Object.fromEntries(params);
  delete others.after;
  return h('nav', {key: 'paging', class: 'paging', 'aria-label': 'Pages'},
    after && h('a', {href: link('groups', others)}, '« First page'),
    data.next && h('a', {href: link('groups', {...others, after: data.next})}, 'Next page »'));
}

/** Of what is shown: where only some groups are, no button may delete the others. */
function deletion(data, search, state, app) {
  return !state && h('p', {key: 'deletion', class: 'buttons'},
    isSelector(search) && app.mayOrder('push') && h('button', {type: 'button', class: 'danger', onclick: () =>
      deleteMatching(search, app)}, 'Delete all groups that match…'),
    !search && app.mayWipe && h('button', {type: 'button', class: 'danger', onclick: () =>
      wipe(data.counts.all, app)}, 'Delete all groups…'));
}

async function deleteMatching(selector, app) {
  await act(app, async () => {
    const {data} = await send('POST', 'api/v1/admin/delete_groups', {'match[]': selector, dry_run: 'true'});
    const isMeant = await ask({
      title: `Delete ${count(data.count, 'group')}?`,
      text: [`They match ${selector}. What was pushed to them is gone from the next scrape on.`],
      detail: h('ul', {class: 'preview'},
        data.groups.slice(0, 10).map(labels => h('li', {}, labelList(labels))),
        data.count > 10 && h('li', {}, `and ${number(data.count - 10)} more`)),
      action: `Delete ${number(data.count)}`,
    });
    if (isMeant) {
      const done = await send('POST', 'api/v1/admin/delete_groups', {'match[]': selector});
      app.say(`${count(done.data.count, 'group')} deleted`);
    }
  });
}

async function wipe(groups, app) {
  await act(app, async () => {
    const isMeant = await ask({
      title: `Delete all ${count(groups, 'group')}?`,
      text: ['All that was pushed is gone, with its history. This cannot be taken back.'],
      word: 'delete everything',
      action: 'Delete everything',
    });
    if (isMeant) {
      await send('PUT', 'api/v1/admin/wipe');
      app.say('All groups are deleted');
    }
  });
}

async function act(app, action) {
  try {
    await action();
    app.reload();
  } catch (fault) {
    app.fail(fault.message);
  }
}

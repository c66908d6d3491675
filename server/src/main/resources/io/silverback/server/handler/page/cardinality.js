// The jobs that have, or do, the most.

import {h} from './dom.js';
import {get} from './api.js';
import {bytes, number, quoted} from './format.js';
import {bar, link, table} from './parts.js';

const MOST = 50;
const ORDERS = [['series', 'Series'], ['bytes', 'Size'], ['pushes', 'Pushes'], ['refusals', 'Refused pushes']];

export default {
  title: () => 'Cardinality',

  async load(params, signal) {
    const {data} = await get('api/v1/admin/top', {by: order(params), limit: MOST}, signal);
    return data;
  },

  view(jobs, params, app) {
    const by = order(params);
    const most = jobs.length > 0 ? jobs[0][by] : 0;
    return [
      h('div', {class: 'choices', role: 'group', 'aria-label': 'Order'}, ORDERS.map(([name, text]) =>
        h('button', {type: 'button', 'aria-pressed': String(name === by),
          onclick: () => app.replace('cardinality', {by: name})}, `By ${text.toLowerCase()}`))),
      h('p', {class: 'faint'}, jobs.length === 0
        ? 'There is no job yet.'
        : `The ${number(Math.min(MOST, jobs.length))} jobs with the most. Pushes are counted since the start of each server.`),
      jobs.length > 0 && table('Jobs', ['Job', 'Share of the first', 'Groups', ...ORDERS.map(([, text]) => text)],
        jobs.map(job => h('tr', {key: job.job},
          h('th', {scope: 'row'}, h('a', {href: link('groups',
            {search: `{job=${quoted(job.job)}}`, sort: 'series', order: 'desc'})}, job.job)),
          h('td', {'data-head': 'Share of the first'}, share(job[by], most)),
          h('td', {class: 'number', 'data-head': 'Groups'}, number(job.groups)),
          ORDERS.map(([name, text]) => h('td', {class: 'number', 'data-head': text},
            name === 'bytes' ? bytes(job.bytes) : number(job[name]))))), {class: 'cards'}),
    ];
  },
};

function order(params) {
  const by = params.get('by');
  return ORDERS.some(([name]) => name === by) ? by : 'series';
}

/** Not a fill, so that a full one is no warning. */
function share(part, most) {
  const percent = most > 0 ? Math.round(100 * part / most) : 0;
  const drawn = bar(part, most, `${percent} percent`);
  drawn.props.class = 'bar';
  return drawn;
}

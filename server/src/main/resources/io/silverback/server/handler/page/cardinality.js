// What has the most series: jobs, metrics, labels and their values, to click down.

import {h} from './dom.js';
import {get} from './api.js';
import {bytes, count, number, quoted} from './format.js';
import {bar, link, numbers, table} from './parts.js';

const MOST = 50;
const ORDERS = [['series', 'Series'], ['bytes', 'Size'], ['pushes', 'Pushes'], ['refusals', 'Refused']];
const VIEWS = [['job', 'Jobs'], ['metric', 'Metrics'], ['label', 'Labels']];

export default {
  title: () => 'Cardinality',

  async load(params, signal) {
    const of = kind(params);
    if (of === 'job') {
      const {data} = await get('api/v1/admin/top', {by: order(params), limit: MOST}, signal);
      return {of, jobs: data};
    }
    const query = {by: of, limit: MOST, metric: params.get('metric') || ''};
    if (of === 'value') {
      query.label = params.get('label');
    }
    const {data} = await get('api/v1/cardinality', query, signal);
    return {of, ...data};
  },

  view(data, params, app) {
    return [
      h('div', {key: 'of', class: 'choices', role: 'group', 'aria-label': 'What is counted'}, VIEWS.map(([name, text]) =>
        h('button', {type: 'button', 'aria-pressed': String(name === data.of || (name === 'label' && data.of === 'value')),
          onclick: () => app.go('cardinality', {of: name})}, text))),
      data.of === 'job' ? jobs(data.jobs, params, app) : names(data, params),
    ];
  },
};

function kind(params) {
  const of = params.get('of');
  return of === 'value' && !params.get('label') ? 'label' : ['metric', 'label', 'value'].includes(of) ? of : 'job';
}

function order(params) {
  const by = params.get('by');
  return ORDERS.some(([name]) => name === by) ? by : 'series';
}

function jobs(list, params, app) {
  const by = order(params);
  const most = list.length > 0 ? list[0][by] : 0;
  return [
    h('div', {key: 'order', class: 'choices', role: 'group', 'aria-label': 'Order'}, ORDERS.map(([name, text]) =>
      h('button', {type: 'button', 'aria-pressed': String(name === by),
        onclick: () => app.replace('cardinality', {by: name})}, `By ${text.toLowerCase()}`))),
    h('p', {key: 'said', class: 'faint'}, list.length === 0
      ? 'There is no job yet: nothing was pushed.'
      : `${list.length < MOST ? count(list.length, 'job') : `The ${MOST} jobs with the most`}. Pushes are counted since the start of each server.`),
    list.length > 0 && table('Jobs', ['Job', 'Of the largest', numbers('Groups'), ...ORDERS.map(([, text]) => numbers(text))],
      list.map(job => h('tr', {key: job.job},
        h('th', {scope: 'row'}, h('a', {href: link('groups',
          {search: `{job=${quoted(job.job)}}`, sort: 'series', order: 'desc'})}, job.job)),
        h('td', {'data-head': 'Of the largest'}, share(job[by], most)),
        h('td', {class: 'number', 'data-head': 'Groups'}, number(job.groups)),
        ORDERS.map(([name, text]) => h('td', {class: 'number', 'data-head': text},
          name === 'bytes' ? bytes(job.bytes) : number(job[name]))))), {class: 'cards'}),
  ];
}

const HEADS = {metric: 'Metric', label: 'Label', value: 'Value'};

function names(data, params) {
  const metric = params.get('metric') || '';
  const label = data.of === 'value' ? params.get('label') : '';
  const shown = data.names.length;
  return [
    (metric || label) && h('p', {key: 'where'}, 'Of ', metric ? h('code', {}, metric) : 'all metrics',
      label && [', the values of the label ', h('code', {}, label)], '. ',
      h('a', {href: link('cardinality', label
        ? {of: 'label', ...(metric && {metric})}
        : {of: 'metric'})}, label ? 'All labels' : 'All metrics')),
    h('p', {key: 'said', class: 'faint'}, shown === 0
      ? 'No series is counted here yet.'
      : [`${count(data.series, 'series', 'series')} in all. `,
        shown < data.names_in_all && `The ${number(shown)} with the most, of ${number(data.names_in_all)}${data.exact ? '' : ' or more'}. `,
        !data.exact && 'There are more than can be counted exactly: the numbers may be a little too low.']),
    shown > 0 && table(`${HEADS[data.of]}s by series`, [HEADS[data.of], 'Share of all', numbers('Series')],
      data.names.map(({name, series}) => h('tr', {key: name},
        h('th', {scope: 'row'}, h('a', {href: href(data.of, name, metric, label)}, name)),
        h('td', {'data-head': 'Share of all'}, share(series, data.series)),
        h('td', {class: 'number', 'data-head': 'Series'}, number(series)))), {class: 'cards'}),
  ];
}

/** One step down: the labels of a metric, the values of a label, the groups with a value. */
function href(of, name, metric, label) {
  switch (of) {
    case 'metric':
      return link('cardinality', {of: 'label', metric: name});
    case 'label':
      return link('cardinality', {of: 'value', label: name, ...(metric && {metric})});
    default:
      return link('groups', {search: `${label}=${name}`, sort: 'series', order: 'desc'});
  }
}

/** Not a fill, so that a full one is no warning. */
function share(part, most) {
  const percent = most > 0 ? Math.round(100 * part / most) : 0;
  const drawn = bar(part, most, `${percent} percent`);
  drawn.props.class = 'bar';
  return drawn;
}

// One group: its families and their series, with history.

import {h} from './dom.js';
import {get, groupPath, now, root, send} from './api.js';
import {ago, bytes, count, duration, number, rounded, sample, selector, until} from './format.js';
import {ask, badge, copyButton, labelList, none, numbers, table} from './parts.js';
import {bars, plot, sparkline} from './plot.js';

const MOST_FAMILIES_OPEN = 3;
const MOST_SERIES = 200;
const RANGES = [['15m', '15 minutes', 900], ['1h', '1 hour', 3600], ['6h', '6 hours', 21600], ['24h', '24 hours', 86400]];

/** What the viewer has opened, of the group that is shown. */
let opened = {group: '', families: new Map(), series: '', ended: undefined};

export default {
  title: () => 'Group',

  /** Of several windows each says which group it shows. */
  windowTitle(params) {
    const {job, ...others} = keyOf(params);
    return [job, ...Object.entries(others).map(([name, value]) => `${name}=${value}`)].join(' ');
  },

  load,
  view,
};

function keyOf(params) {
  return Object.fromEntries([...params].filter(([name]) => name !== '@range'));
}

async function load(params, signal) {
  const labels = keyOf(params);
  const group = JSON.stringify(labels);
  if (opened.group !== group) {
    opened = {group, families: new Map(), series: '', ended: undefined};
  }
  const [found, rows, place, problems, clients] = await Promise.all([
    get('api/v1/group', labels, signal).catch(fault => {
      if (fault.status !== 404) {
        throw fault;
      }
      return undefined;
    }),
    get('api/v1/groups', {'match[]': selector(labels), limit: 50}, signal),
    placeOf(labels, signal).catch(ifNotAborted(signal)),
    get('api/v1/problems', {}, signal).catch(ifNotAborted(signal)),
    get('api/v1/group/clients', labels, signal).catch(ifNotAborted(signal)),
  ]);
  const row = rows.data.groups.find(each => sameLabels(each.labels, labels));
  if (opened.ended === undefined) {
    opened.ended = !row || row.stale;
  }
  const refusal = problems && problems.data.problems.find(problem =>
    problem.kind === 'refused_push' && sameLabels(problem.labels, labels));
  const common = {
    labels,
    refusal,
    row,
    clients: clients && clients.data,
    ended: opened.ended ? await endedSeries(labels, seconds(params), signal) : undefined,
  };
  if (!found) {
    return common;
  }
  const data = found.data;
  const families = Object.entries(data)
    .filter(([, value]) => value && Array.isArray(value.metrics))
    .map(([name, family]) => ({name, ...family}))
    .sort((a, b) => isPushTime(a.name) - isPushTime(b.name));
  families.forEach((family, i) => {
    if (!opened.families.has(family.name)) {
      opened.families.set(family.name, i < MOST_FAMILIES_OPEN && !isPushTime(family.name));
    }
  });
  const past = {};
  await Promise.all(families.filter(family => opened.families.get(family.name)).map(async family => {
    try {
      past[family.name] = await history(family, labels, seconds(params), signal);
    } catch (fault) {
      if (signal.aborted) {
        throw fault;
      }
      past[family.name] = {failure: fault.message};
    }
  }));
  return {
    ...common,
    families,
    past,
    place: place && place.data.leader ? place.data : undefined,
    mayChange: found.may_change,
    expires: found.expires_at,
    conflict: Array.isArray(data.writer_conflict) ? data.writer_conflict : undefined,
  };
}

/** Who leads the group, and has copies. A single node is not asked: it has no others. */
async function placeOf(labels, signal) {
  const {data: own} = await get('api/v1/cluster', {}, signal);
  return own.enabled ? get('api/v1/cluster/owner', labels, signal) : undefined;
}

/** What the group can be shown without. */
function ifNotAborted(signal) {
  return fault => {
    if (signal.aborted) {
      throw fault;
    }
    return undefined;
  };
}

function isPushTime(name) {
  return name === 'push_time_seconds' || name === 'push_failure_time_seconds';
}

function sameLabels(one, other) {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}

function seconds(params) {
  const range = RANGES.find(([name]) => name === params.get('@range')) || RANGES[1];
  return range[2];
}

/** The samples of each series of a family, by its labels. */
async function history(family, labels, span, signal) {
  const isMany = family.type === 'SUMMARY' || family.type.endsWith('HISTOGRAM');
  const name = isMany ? `${family.name}_count` : family.name;
  const start = (now() / 1000 - span).toFixed(3);
  const {data} = await get('api/v1/history', {'match[]': selector(labels, name), start}, signal);
  return new Map(data.result.map(series => [seriesKey(series.metric), series.values]));
}

/** Labels as a text; a label without a value is as good as none. */
function seriesKey({__name__, ...labels}) {
  return JSON.stringify(Object.entries(labels).filter(([, value]) => value !== '').sort());
}

/** What is left of series with these labels that no push brings any more; they may be of groups with more labels. */
async function endedSeries(labels, span, signal) {
  const start = (now() / 1000 - span).toFixed(3);
  try {
    const {data} = await get('api/v1/history', {'match[]': selector(labels), start, ends: 'only'}, signal);
    return {series: data.result};
  } catch (fault) {
    if (signal.aborted) {
      throw fault;
    }
    return {failure: fault.message};
  }
}

function view(data, params, app) {
  const {labels, families, row, conflict, place, refusal, mayChange, clients, expires} = data;
  if (!families) {
    return [
      h('p', {key: 'key', class: 'key'}, labelList(labels)),
      h('p', {key: 'none'}, 'There is no such group: nothing that was pushed to it was taken, or it was deleted.'),
      lastRefusal(refusal, true),
      rangeChoice(params, labels, app),
      endedCard(data, app),
      clientSection(clients),
    ];
  }
  return [
    h('p', {key: 'key', class: 'key'}, labelList(labels),
      row && row.failed && badge('bad', 'last push failed'),
      row && row.stale && badge('warn', 'expired'),
      row && row.overdue && badge('warn', 'overdue')),
    h('dl', {key: 'facts', class: 'facts'},
      fact('Last push', [ago(row && row.last_push), lastClient(clients)]),
      row && row.last_failure && fact('Last refused push', ago(row.last_failure)),
      row && row.stale_since && fact('Expired', ago(row.stale_since)),
      row && row.interval_seconds && fact('Pushed every', duration(row.interval_seconds)),
      expires && fact('Expires without a push', until(expires)),
      row && fact('Series', number(row.series)),
      row && fact('Size', bytes(row.bytes)),
      place && fact('Led by', [place.leader, place.leader_silent && badge('bad', 'silent')]),
      place && place.copies.length > 0 && fact('Copies', copies(place))),
    lastRefusal(refusal, !row || row.failed),
    conflict && h('section', {key: 'conflict', class: 'failure'},
      h('strong', {}, 'Several clients write this group and overwrite one another: '),
      conflict.map(writer => writer.sent_as ? `${writer.client} as ${writer.sent_as}` : writer.client).join(', ')),
    h('div', {key: 'buttons', class: 'buttons'},
      copyButton(app, 'Copy PromQL', selector(labels)),
      copyButton(app, 'Copy curl', `curl -s --data-binary @metrics.txt ${new URL(groupPath(labels), root).href}`),
      mayChange && copyButton(app, 'Copy curl -X DELETE', `curl -X DELETE ${new URL(groupPath(labels), root).href}`),
      copyButton(app, 'Copy scrape config', scrapeConfig()),
      mayChange && h('button', {type: 'button', class: 'danger', onclick: () => remove(labels, app)}, 'Delete group…')),
    rangeChoice(params, labels, app),
    families.map(family => familyCard(family, data, app)),
    endedCard(data, app),
    clientSection(clients),
  ];
}

function rangeChoice(params, labels, app) {
  return h('p', {key: 'range', class: 'choices', role: 'group', 'aria-label': 'Time shown'}, RANGES.map(([name, text, length]) =>
    h('button', {type: 'button', 'aria-pressed': String(seconds(params) === length),
      onclick: () => app.replace('group', {...labels, '@range': name})}, text)));
}

function lastClient(clients) {
  const last = clients && clients.clients.find(client => client.last_push);
  return last && [' from ', h('code', {}, last.client)];
}

function clientSection(clients) {
  return clients && h('section', {key: 'clients', 'aria-label': 'Who pushes'}, h('h2', {}, 'Who pushes'),
    clients.clients.length === 0
      ? h('p', {class: 'faint'}, 'No client is known: none has pushed since the server was started, or too many other groups were pushed to since.')
      : table('Clients of this group', ['Client', 'Last push', numbers('Pushes'), numbers('Refused'), 'Last error'], clients.clients.map(client =>
        h('tr', {key: JSON.stringify([client.client, client.agent])},
          h('th', {scope: 'row'}, h('code', {}, client.client), h('div', {class: 'faint agent'}, client.agent || 'does not say what it is')),
          h('td', {'data-head': 'Last push'}, client.last_push ? ago(client.last_push) : none()),
          h('td', {class: 'number', 'data-head': 'Pushes'}, number(client.pushes)),
          h('td', {class: 'number', 'data-head': 'Refused'}, number(client.refused)),
          h('td', {class: 'reason', 'data-head': 'Last error'}, client.reason ? [ago(client.last_refusal), ': ', client.reason] : none()))), {class: 'cards'}),
    clients.silent_members.length > 0 && h('p', {class: 'faint'},
      `Without the clients of ${clients.silent_members.join(', ')}: no answer.`));
}

/** Series that ended in the time that is shown; they are asked for once this is open. */
function endedCard({labels, row, ended}, app) {
  return h('details', {
    key: 'ended',
    class: 'family',
    open: opened.ended,
    ontoggle: event => {
      if (opened.ended !== event.target.open) {
        opened.ended = event.target.open;
        app.reload();
      }
    },
  },
    h('summary', {}, 'Series with these labels that have ended'),
    ended && (ended.failure
      ? h('p', {class: 'faint'}, 'History is not known: ', ended.failure)
      : ended.series.length === 0
        ? h('p', {class: 'faint'}, 'None in this time.')
        : [
          table('Series that have ended', ['Series', numbers('Last value'), 'Ended', 'History'],
            ended.series.slice(0, MOST_SERIES).flatMap(series => endedRow(series, labels, row, app)), {class: 'cards'}),
          ended.series.length > MOST_SERIES && h('p', {class: 'faint'},
            `Only the first ${number(MOST_SERIES)} of ${number(ended.series.length)} are shown.`),
        ]));
}

function endedRow({metric: {__name__: name, ...labels}, values, ended}, group, row, app) {
  const id = `ended ${name} ${seriesKey(labels)}`;
  const time = new Date(1000 * ended).toISOString();
  const text = row && row.stale_since === time ? 'expired' : 'ended';
  return [
    h('tr', {key: id},
      h('th', {scope: 'row'}, h('code', {}, name), ' ', ownLabels({labels}, group)),
      h('td', {class: 'number', 'data-head': 'Last value'}, values.length > 0 ? readable(name, values.at(-1)[1]) : none()),
      h('td', {'data-head': 'Ended'}, ago(time)),
      historyCell(id, name, values, app)),
    opened.series === id && h('tr', {key: `${id} plot`}, h('td', {colspan: 4},
      plot(values, `History of ${name}`, {time: ended, text}))),
  ].filter(Boolean);
}

function lastRefusal(refusal, isLast) {
  return refusal && h('p', {key: 'refusal', class: 'reason'}, isLast ? 'The last push was refused; it came from ' : 'An earlier push was refused; it came from ',
    h('code', {}, refusal.client), ' ', ago(refusal.time), ': ', refusal.reason);
}

/** The members that hold the group, and how far they are behind. */
function copies(place) {
  return place.copies.map((copy, i) => [i > 0 && ', ', copy.node_id,
    !copy.answered
      ? badge('warn', 'no answer')
      : !copy.has_group
        ? badge('warn', 'has none')
        : !copy.current && badge('warn', copy.lag_seconds > 0 ? `${duration(copy.lag_seconds)} behind` : 'differs')]);
}

/** What a Prometheus needs to scrape this server and to keep the labels of the groups. */
function scrapeConfig() {
  const url = new URL('metrics', root);
  return [
    'scrape_configs:',
    '  - job_name: silverback',
    '    honor_labels: true',
    ...(url.protocol === 'https:' ? ['    scheme: https'] : []),
    ...(url.pathname === '/metrics' ? [] : [`    metrics_path: ${url.pathname}`]),
    '    static_configs:',
    `      - targets: ['${url.host}']`,
    '',
  ].join('\n');
}

function fact(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}

function familyCard(family, data, app) {
  return h('details', {
    key: `family ${family.name}`,
    class: 'family',
    open: opened.families.get(family.name),
    ontoggle: event => {
      const isOpen = event.target.open;
      if (opened.families.get(family.name) !== isOpen) {
        opened.families.set(family.name, isOpen);
        app.reload();
      }
    },
  },
    h('summary', {}, h('code', {}, family.name), h('span', {class: 'faint'},
      ` ${family.type.toLowerCase().replaceAll('_', ' ')}, ${count(family.metrics.length, 'metric')}, `, ago(family.time_stamp))),
    family.help && h('p', {class: 'help'}, family.help),
    opened.families.get(family.name) && metrics(family, data, app));
}

function metrics(family, data, app) {
  const shown = family.metrics.slice(0, MOST_SERIES);
  const past = data.past[family.name];
  return [
    past && past.failure && h('p', {class: 'faint'}, 'History is not known: ', past.failure),
    family.metrics[0].value === undefined
      ? shown.map((metric, i) => many(family, metric, i, data, app))
      : table(`Series of ${family.name}`, ['Labels', numbers('Value'), 'History'],
        shown.flatMap(metric => single(family, metric, data, app)), {class: 'cards'}),
    family.metrics.length > shown.length && h('p', {class: 'faint'},
      `Only the first ${number(shown.length)} of ${number(family.metrics.length)} are shown.`),
  ];
}

/** What the labels of a series add to those of its group. */
function ownLabels(metric, group) {
  const own = Object.entries(metric.labels || {}).filter(([name, value]) => group[name] !== value && value !== '');
  return own.length > 0 ? labelList(Object.fromEntries(own)) : undefined;
}

function samplesOf(family, metric, data) {
  const past = data.past[family.name];
  return past instanceof Map ? past.get(seriesKey(metric.labels || {})) : undefined;
}

function single(family, metric, data, app) {
  const id = `${family.name} ${seriesKey(metric.labels || {})}`;
  const samples = samplesOf(family, metric, data);
  return [
    h('tr', {key: id},
      h('td', {class: 'own'}, ownLabels(metric, data.labels) || none()),
      h('td', {class: 'number', 'data-head': 'Value'}, readable(family.name, metric.value)),
      data.past[family.name] instanceof Map ? historyCell(id, family.name, samples, app) : h('td', {class: 'history'}, none())),
    opened.series === id && h('tr', {key: `${id} plot`}, h('td', {colspan: 3}, plot(samples, `History of ${family.name}`, expiry(data)))),
  ].filter(Boolean);
}

/** When the group expired, or will if no push comes. */
function expiry({row, expires}) {
  if (row && row.stale_since) {
    return {time: Date.parse(row.stale_since) / 1000, text: 'expired'};
  }
  return expires && {time: Date.parse(expires) / 1000, text: 'expires', isToCome: true};
}

/** A small line that opens the plot. */
function historyCell(id, name, samples, app) {
  return h('td', {class: 'history'}, historyButton(id, name, samples, app));
}

function historyButton(id, name, samples, app) {
  const isOpen = opened.series === id;
  return h('button', {
    type: 'button', class: 'bare', 'aria-expanded': String(isOpen), title: 'Show as a plot',
    'aria-label': `History of ${name}`,
    onclick: () => {
      opened.series = isOpen ? '' : id;
      app.draw();
    },
  }, sparkline(samples));
}

function readable(name, value) {
  const seconds = Number(value);
  // Later times than that a Date does not know.
  return /_(time|timestamp)(_seconds)?$/.test(name) && seconds > 1e9 && seconds < 1e11
    ? [String(seconds), ' (', pastOrFuture(seconds), ')']
    : sample(value);
}

function pastOrFuture(seconds) {
  const iso = new Date(seconds * 1000).toISOString();
  return seconds * 1000 > now() + 1000 ? until(iso) : ago(iso);
}

function many(family, metric, i, data, app) {
  const own = ownLabels(metric, data.labels);
  const id = `${family.name} ${seriesKey(metric.labels || {})}`;
  const samples = samplesOf(family, metric, data);
  return h('div', {key: `${i} ${seriesKey(metric.labels || {})}`, class: 'many'},
    own && h('p', {}, own),
    h('p', {}, 'count ', h('strong', {}, sample(metric.count)), ', sum ', h('strong', {}, sample(metric.sum)),
      Number(metric.count) > 0 && [', mean ', h('strong', {}, rounded(metric.sum / metric.count))],
      ' ', data.past[family.name] instanceof Map && historyButton(id, `${family.name}_count`, samples, app)),
    opened.series === id && plot(samples, `History of ${family.name}_count`, expiry(data)),
    metric.quantiles && Object.keys(metric.quantiles).length > 0 && table(`Quantiles of ${family.name}`,
      [numbers('Quantile'), numbers('Value')], Object.entries(metric.quantiles).map(([quantile, value]) => h('tr', {},
        h('th', {scope: 'row', class: 'number'}, quantile), h('td', {class: 'number'}, sample(value)))), {class: 'short'}),
    metric.buckets && bars(buckets(metric.buckets), `Buckets of ${family.name}`),
    metric.buckets && !Array.isArray(metric.buckets) && h('p', {class: 'faint'}, 'Observations of each bucket, without those of smaller ones.'));
}

/** Observations of each bucket, of classic ones without those of the smaller buckets. */
function buckets(given) {
  if (Array.isArray(given)) {
    return given.map(([rule, low, high, observed]) => {
      const name = number => `${rule === 1 || rule === 3 ? '[' : '('}${number(low)}, ${number(high)}${rule === 0 || rule === 3 ? ']' : ')'}`;
      return {name: name(bucketBound), title: name(sample), count: Number(observed)};
    });
  }
  let before = 0;
  return Object.entries(given).sort(([a], [b]) => bound(a) - bound(b)).map(([le, cumulated]) => {
    const observed = Number(cumulated) - before;
    before = Number(cumulated);
    return {name: `≤ ${le}`, count: observed};
  });
}

/** Native bounds are powers with many digits; two next to each other differ within the first five. */
function bucketBound(text) {
  const value = Number(text);
  return value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9)
    ? String(Number(value.toPrecision(5)))
    : value.toLocaleString('en', {maximumSignificantDigits: 5});
}

function bound(text) {
  return text === '+Inf' ? Infinity : Number(text);
}

async function remove(labels, app) {
  const isMeant = await ask({
    title: 'Delete this group?',
    text: ['What was pushed to it is gone from the next scrape on.'],
    detail: h('p', {}, labelList(labels)),
    action: 'Delete',
  });
  if (!isMeant) {
    return;
  }
  try {
    await send('DELETE', groupPath(labels));
    app.go('groups', {});
    app.say('The group is deleted');
  } catch (fault) {
    app.fail(fault.message);
  }
}

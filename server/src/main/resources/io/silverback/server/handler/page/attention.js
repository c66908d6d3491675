// What an operator should look at; one line if nothing is wrong.

import {h} from './dom.js';
import {get, now} from './api.js';
import {ago, count, duration, number} from './format.js';
import {badge, flag, keyOf, labelList, limitTable, link, table} from './parts.js';
import {gone, readable} from './cluster.js';
import {targetTable} from './status.js';

const MOST = 20;
const RECENT_MILLIS = 3600_000;
const NEARLY_FULL = 0.8;
const LATE_SECONDS = 60;
const STATES = [
  {state: 'failed', sort: 'last_failure', title: 'Last push failed'},
  {state: 'overdue', sort: 'last_push', title: 'Overdue'},
  {state: 'stale', sort: 'last_push', title: 'Expired'},
];

export default {
  title: () => 'What needs attention',
  load,
  view,
};

async function load(params, signal) {
  const failures = [];
  const part = async (promise, what) => {
    try {
      return (await promise).data;
    } catch (fault) {
      if (signal.aborted) {
        throw fault;
      }
      failures.push({what, reason: fault.message});
      return undefined;
    }
  };
  const [found, problems, server, overview] = await Promise.all([
    part(get('api/v1/groups', {limit: 1}, signal), 'The groups'),
    part(get('api/v1/problems', {}, signal), 'The problems of clients'),
    part(get('api/v1/server', {}, signal), 'The limits'),
    part(get('api/v1/cluster', {}, signal), 'The cluster'),
  ]);
  const standing = overview && overview.enabled
    ? await part(get('api/v1/cluster/status', {}, signal), 'How the cluster stands')
    : undefined;
  const lists = {};
  if (found) {
    await Promise.all(STATES.filter(({state}) => found.counts[state] > 0).map(async ({state, sort}) => {
      const list = await part(
        get('api/v1/groups', {state, sort, order: 'desc', limit: MOST}, signal), `Groups: ${state}`);
      lists[state] = list ? list.groups : [];
    }));
  }
  return {failures, counts: found && found.counts, lists, problems, server, overview, standing};
}

function view(data) {
  const parts = [
    failures(data.failures),
    cluster(data),
    limits(data.server),
    config(data.server),
    targets(data.server),
    conflicts(data.problems),
    ...STATES.map(state => groups(state, data)),
    refusals(data),
  ].filter(Boolean);
  return parts.length > 0 ? parts : h('p', {class: 'fine'}, badge('good', 'OK'), ' ', fine(data));
}

function config(server) {
  return server?.config?.latest === false && section('config', 'Configuration file not in force',
    h('p', {}, h('code', {}, server.config.file), ' was read again and is not valid; what was read ', ago(server.config.read),
      ' goes on. The log says what is wrong, and so does ', h('code', {}, `silverback check-config ${server.config.file}`), '.'));
}

/** Targets that have got nothing for a while, of this server. */
function targets(server) {
  const late = (server ? server.remote_write : []).filter(target =>
    target.last_fault && target.lag_seconds > LATE_SECONDS);
  return late.length > 0 && section('targets', 'Remote write that is late',
    targetTable(late),
    h('p', {}, 'Of this server. What gets older than ', flag('history.retention'), ' is not sent.'));
}

function fine({counts, standing}) {
  const groups = counts && counts.all === 0
    ? ['Nothing was pushed yet. ', h('a', {href: link('groups')}, 'How to push')]
    : `Nothing needs attention: ${count(counts ? counts.all : 0, 'group')}, and no trouble with any of them.`;
  return standing
    ? [groups, ` The cluster is settled; ${count(standing.failure_tolerance.without_losing_pushes, 'more node')} may fail.`]
    : groups;
}

function section(key, title, ...children) {
  return h('section', {key, 'aria-label': title}, h('h2', {}, title), ...children);
}

function failures(list) {
  return list.length > 0 && section('failures', 'Not known',
    h('ul', {}, list.map(({what, reason}) => h('li', {}, h('strong', {}, what), ': ', reason))));
}

function cluster({problems, standing, overview}) {
  const sentences = [];
  if (problems && problems.outage) {
    sentences.push(problems.outage);
  }
  if (overview && overview.enabled && !overview.ready) {
    sentences.push(`This server is not ready: ${overview.reason}`);
  }
  if (standing) {
    sentences.push(...standing.waiting_for.map(readable));
    const silent = standing.members.filter(member => member.silent || !member.answered);
    silent.forEach(member => sentences.push(`${member.node_id} is silent`));
    if (standing.slots.under_replicated > 0) {
      sentences.push(`${count(standing.slots.under_replicated, 'slot lacks', 'slots lack')} a copy`);
    }
    const missing = gone(overview).filter(member => now() - Date.parse(member.removed) < RECENT_MILLIS);
    missing.forEach(member => sentences.push(`${member.node_id} at ${member.web_address} is no member any more; if that was not meant, start it again`));
    if (standing.members.length + missing.length > 1 && standing.failure_tolerance.without_losing_pushes === 0) {
      sentences.push('If one more node fails, acknowledged pushes may be lost');
    }
  }
  return sentences.length > 0 && section('cluster', 'Cluster',
    h('ul', {}, [...new Set(sentences)].map(text => h('li', {}, text))),
    h('p', {}, h('a', {href: link('cluster')}, 'The cluster')));
}

function limits(server) {
  const full = (server ? server.limits : [])
    .filter(limit => limit.most > 0 && limit.used >= NEARLY_FULL * limit.most);
  return full.length > 0 && section('limits', 'Limits that are nearly full',
    limitTable('Limits that are nearly full', full));
}

function conflicts(problems) {
  const list = (problems ? problems.problems : []).filter(problem => problem.kind === 'writer_conflict');
  return list.length > 0 && section('conflicts', 'Groups with several writers',
    h('p', {}, 'They overwrite one another. Give each writer a grouping key of its own, for example by the label ', h('code', {}, 'instance'), '.'),
    problemTable('Groups with several writers', 'Since', list));
}

/** Refused pushes that left no mark on a group, or whose group was pushed again since. */
function refusals({problems, lists}) {
  const failed = new Set((lists.failed || []).map(group => keyOf(group.labels)));
  const list = (problems ? problems.problems : []).filter(problem =>
    problem.kind === 'refused_push'
    && !failed.has(keyOf(problem.labels))
    && now() - Date.parse(problem.time) < RECENT_MILLIS);
  return list.length > 0 && section('refusals', 'Refused pushes of the last hour',
    problemTable('Refused pushes', 'When', list.slice(0, MOST)));
}

function problemTable(caption, when, list) {
  return table(caption, ['Group', when, 'Client', 'Reason'], list.map((problem, i) =>
    h('tr', {key: `${i} ${keyOf(problem.labels)}`},
      h('th', {scope: 'row'}, h('a', {href: link('group', problem.labels)}, labelList(problem.labels))),
      h('td', {'data-head': when}, ago(problem.time)),
      h('td', {class: 'client', 'data-head': 'Client'}, problem.client),
      h('td', {class: 'reason', 'data-head': 'Reason'}, problem.reason))), {class: 'cards'});
}

function groups({state, sort, title}, {counts, lists, problems}) {
  const list = lists[state];
  if (!list || list.length === 0) {
    return undefined;
  }
  const reasons = new Map((problems ? problems.problems : [])
    .filter(problem => problem.kind === 'refused_push')
    .map(problem => [keyOf(problem.labels), problem]));
  const more = counts[state] - list.length;
  return section(state, `${title} (${number(counts[state])})`,
    table(title, ['Group', 'Last push', detailHead(state)], list.map(group =>
      h('tr', {key: keyOf(group.labels)},
        h('th', {scope: 'row'}, h('a', {href: link('group', group.labels)}, labelList(group.labels))),
        h('td', {'data-head': 'Last push'}, ago(group.last_push)),
        h('td', {class: 'reason', 'data-head': detailHead(state)},
          detail(state, group, reasons.get(keyOf(group.labels)))))), {class: 'cards'}),
    more > 0 && h('p', {}, h('a', {href: link('groups', {state, sort, order: 'desc'})},
      `All ${number(counts[state])}`)));
}

function detailHead(state) {
  return {failed: 'Why', overdue: 'Pushed every', stale: 'Expired'}[state];
}

function detail(state, group, refusal) {
  switch (state) {
    case 'failed':
      return [ago(group.last_failure), ': ', refusal ? refusal.reason : 'the reason is not known any more'];
    case 'overdue':
      return duration(group.interval_seconds);
    default:
      return ago(group.stale_since);
  }
}

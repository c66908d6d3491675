// How the cluster stands, and what an operator may tell it.

import {h} from './dom.js';
import {get, send} from './api.js';
import {ago, count, duration, number} from './format.js';
import {ask, badge, bar, flag, none, numbers, table, tile} from './parts.js';

const SLOTS = 16384;

export default {
  title: () => 'Cluster',

  async load(params, signal) {
    const {data: own} = await get('api/v1/cluster', {}, signal);
    if (!own.enabled) {
      return {own};
    }
    const {data: standing} = await get('api/v1/cluster/status', {}, signal);
    return {own, standing};
  },

  /** While slots move it is watched. */
  pauseMillis: ({standing}) => standing && !standing.settled ? 2000 : undefined,

  view({own, standing}, params, app) {
    if (!own.enabled) {
      return h('p', {}, 'This server is a single node. Start it with ',
        flag('cluster.listen-address'), ' to make it part of a cluster.');
    }
    const {failure_tolerance: tolerance, slots, members} = standing;
    const voters = members.filter(member => member.votes);
    const heard = voters.filter(member => member.answered).length;
    return [
      h('div', {class: 'tiles'},
        settledTile(standing),
        tile(tolerance.without_losing_pushes, `${nodes(tolerance.without_losing_pushes)} may fail without the loss of a push`,
          tolerance.without_losing_pushes > 0 ? 'good' : 'bad'),
        tile(tolerance.without_stopping_pushes, `${nodes(tolerance.without_stopping_pushes)} may fail and pushes go on`,
          tolerance.without_stopping_pushes > 0 ? 'good' : 'bad'),
        tile(`${heard} of ${voters.length}`, 'voters answer', heard === voters.length ? 'good' : 'bad'),
        tile(slots.led, `slots led, of ${number(SLOTS)}`, slots.led === SLOTS ? 'good' : 'bad'),
        tile(slots.under_replicated, slots.under_replicated === 1 ? 'slot lacks a copy' : 'slots lack a copy', slots.under_replicated === 0 ? 'good' : 'bad')),
      standing.waiting_for.length > 0 && h('section', {'aria-label': 'Waiting for'}, h('h2', {}, 'Waiting for'),
        h('ul', {}, standing.waiting_for.map(text => h('li', {}, readable(text))))),
      own.outage.slots > 0 && h('p', {class: 'failure'},
        `Nobody serves ${count(own.outage.slots, 'slot')} since ${duration(own.outage.seconds)}, of ${own.outage.nodes.join(', ') || 'no member'}.`),
      h('section', {'aria-label': 'Slots'}, h('h2', {}, 'Slots'), ring(members), moving(slots)),
      h('section', {'aria-label': 'Members'}, h('h2', {}, 'Members'),
        table('Members', ['Member', 'State', 'Led slots', 'On the move', numbers('Lack a copy'), numbers('Fewest copies'), app.mayOrder('admin') ? 'Orders' : undefined]
          .filter(Boolean), members.map(member => row(member, own, standing, app)), {class: 'cards'})),
      gone(own).length > 0 && h('section', {'aria-label': 'Not long ago'}, h('h2', {}, 'Members not long ago'),
        h('ul', {}, gone(own).map(gone => h('li', {}, gone.node_id, ' at ', gone.web_address, ', removed ', ago(gone.removed))))),
      h('p', {class: 'faint'}, `Cluster ${standing.cluster_id}, view ${number(standing.epoch)}, told by ${own.node_id}.`,
        own.lease_seconds > 0 && ` Its lease holds for ${own.lease_seconds.toFixed(1)} s more and is renewed all the time.`,
        standing.generation > 0 && ` Founded again without a majority ${count(standing.generation, 'time')}.`),
    ];
  },
};

function nodes(count) {
  return count === 1 ? 'more node' : 'more nodes';
}

function settledTile({settled, failure_tolerance: tolerance}) {
  if (settled && tolerance.without_stopping_pushes === 0) {
    return tile('Settled', 'but pushes stop while a node restarts', 'warn');
  }
  return tile(settled ? 'Settled' : 'Not settled', settled ? 'a node may be restarted' : 'restart no node now', settled ? 'good' : 'warn');
}

/** A sentence of the server, which is made to be read by programs, too. */
export function readable(text) {
  return text.replace(/^node /, '').replace(/: slots=(\d+)$/, (_, slots) => ` (${count(slots, 'slot')})`);
}

/** Each node that is not back, once. */
export function gone({removed, members}) {
  const here = new Set(members.map(member => member.node_id));
  return [...new Map(removed.map(each => [each.node_id, each])).values()].filter(each => !here.has(each.node_id));
}

const MOVES = [['taking_over', 'taken over'], ['handing_over', 'handed over'], ['moving_history', 'fetching history']];

function moves(slots) {
  return MOVES.filter(([name]) => slots[name] > 0).map(([name, text]) => `${number(slots[name])} ${text}`);
}

function moving(slots) {
  const parts = moves(slots);
  return h('p', {role: 'status'}, parts.length > 0
    ? `Slots on the move: ${parts.join(', ')}.`
    : 'No slot is on the move.');
}

/** Who leads how much of the ring, and beside it what that is in numbers; the gap is led by nobody. */
function ring(members) {
  const leading = members.filter(member => !member.voter_only).sort((a, b) => (a.node_id < b.node_id ? -1 : 1));
  const parts = leading.map((member, i) => ({
    name: member.node_id,
    led: member.slots.led ?? 0,
    moving: (member.slots.taking_over ?? 0) + (member.slots.handing_over ?? 0),
    kind: `part part${i % 8}`,
  }));
  const unled = SLOTS - parts.reduce((sum, part) => sum + part.led, 0);
  const told = [...parts.map(part => `${part.name} ${number(part.led)}`), unled > 0 && `nobody ${number(unled)}`];
  let start = 0;
  return h('div', {class: 'ring'},
    h('svg', {viewBox: '0 0 42 42', role: 'img', 'aria-label': `Slots led: ${told.filter(Boolean).join(', ')}`},
      h('circle', {class: 'gap', cx: 21, cy: 21, r: 16}),
      parts.map(part => {
        const length = 100 * part.led / SLOTS;
        const arc = h('circle', {key: part.name, class: part.kind, cx: 21, cy: 21, r: 16, pathLength: 100,
          'stroke-dasharray': `${Math.max(0, length - 0.4).toFixed(2)} ${Math.min(100, 100.4 - length).toFixed(2)}`, 'stroke-dashoffset': (25 - start).toFixed(2)});
        start += length;
        return arc;
      })),
    h('ul', {}, parts.map(part => h('li', {key: part.name},
      h('svg', {class: 'key', viewBox: '0 0 10 10', 'aria-hidden': 'true'}, h('rect', {class: part.kind, width: 10, height: 10})),
      ` ${part.name} leads ${count(part.led, 'slot')}`, part.moving > 0 && `, ${number(part.moving)} on the move`)),
    unled > 0 && h('li', {key: 'nobody'}, badge('bad', 'nobody'), ` leads ${count(unled, 'slot')}, as far as the members say`)));
}

function row(member, own, standing, app) {
  const led = member.slots.led ?? 0;
  return h('tr', {key: member.node_id},
    h('th', {scope: 'row'}, member.node_id, member.node_id === own.node_id && badge('', 'this server'),
      h('div', {class: 'faint'}, member.web_address)),
    h('td', {'data-head': 'State'}, state(member), member.votes ? badge('', 'votes') : undefined,
      member.voter_only && badge('', 'only votes'),
      member.drain !== 'none' && badge('warn', member.drain === 'all' ? 'draining' : 'ending')),
    h('td', {'data-head': 'Led slots'}, `${number(led)} of ${number(member.slots.should_lead)}`,
      share(led, member.slots.should_lead)),
    h('td', {'data-head': 'On the move'}, moves(member.slots).join(', ') || none()),
    h('td', {class: 'number', 'data-head': 'Lack a copy'}, member.answered ? number(member.slots.under_replicated) : '–'),
    h('td', {class: 'number', 'data-head': 'Fewest copies'}, member.answered ? number(member.slots.fewest_copies) : '–'),
    app.mayOrder('admin') && h('td', {class: 'orders'}, orders(member, standing, app)));
}

function share(led, should) {
  const drawn = bar(led, should, `${number(led)} of ${number(should)} slots`);
  drawn.props.class = 'bar';
  return drawn;
}

function state(member) {
  if (!member.answered) {
    return badge('bad', 'no answer');
  }
  if (member.silent) {
    return badge('bad', 'silent', 'another member does not hear it');
  }
  return member.ready ? badge('good', 'ready') : [badge('warn', 'not ready'), ' ', member.reason];
}

function orders(member, standing, app) {
  const path = `api/v1/cluster/members/${encodeURIComponent(member.node_id)}`;
  const left = standing.failure_tolerance.without_losing_pushes;
  if (member.drain === 'all') {
    return h('button', {type: 'button', onclick: () => order(app, 'DELETE', `${path}/drain`, 'The drain is taken back')}, 'Undo drain');
  }
  return h('div', {class: 'buttons'},
    member.answered && !member.voter_only && h('button', {type: 'button', onclick: async () => {
      const isMeant = await ask({
        title: `Drain ${member.node_id}?`,
        text: [`It hands over the ${count(member.slots.led, 'slot')} that it leads, and the copies that it holds, to the others.`,
          left === 0
            ? 'Without it a slot may have a single copy: if one more node fails, pushes are lost.'
            : `Until all is copied, ${count(left, 'more node')} may fail.`],
        action: 'Drain',
      });
      if (isMeant) {
        await order(app, 'POST', `${path}/drain`, `${member.node_id} is drained, or goes on to be`);
      }
    }}, 'Drain…'),
    !member.answered && h('button', {type: 'button', class: 'danger', onclick: async () => {
      const isMeant = await ask({
        title: `Forget ${member.node_id}?`,
        text: ['The others go on without it. If its process comes back, it has to join as a new member.',
          `They lead its ${count(member.slots.should_lead, 'slot')} from then on, and copy what it held. What only it had is lost, if it does not come back with its files.`,
          left === 0
            ? 'Until that is copied a slot may have a single copy: if one more node fails, pushes are lost.'
            : `Until that is copied, ${count(left, 'more node')} may fail.`],
        word: member.node_id,
        action: 'Forget',
      });
      if (isMeant) {
        await order(app, 'DELETE', path, `${member.node_id} is forgotten`);
      }
    }}, 'Forget…'));
}

async function order(app, method, path, done) {
  try {
    await send(method, path);
    app.say(done);
    app.reload();
  } catch (fault) {
    app.fail(fault.message);
  }
}

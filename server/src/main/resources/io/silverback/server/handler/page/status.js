// What this server is, how it was started, and how full it is.

import {h} from './dom.js';
import {get} from './api.js';
import {ago, bytes, count, duration, number} from './format.js';
import {badge, flag, limitTable, none, numbers, table} from './parts.js';

export default {
  title: () => 'Status',

  async load(params, signal) {
    const [status, server] = await Promise.all([
      get('api/v1/status', {}, signal), get('api/v1/server', {}, signal)]);
    return {...status.data, server: server.data};
  },

  view({build_information: build, flags, server}, params, app) {
    const {storage, runtime} = server;
    const changed = new Set(server.changed_flags);
    const isAll = params.get('flags') === 'all';
    const names = Object.keys(flags).filter(name => isAll || changed.has(name)).sort();
    return [
      section('Server',
        facts([
          ['Version', build.version],
          ['Revision', `${build.revision} (${build.branch})`],
          ['Built', `${build.buildDate} by ${build.buildUser}`],
          ['Started', ago(server.start_time)],
          ['Java', runtime.java],
          ['System', `${runtime.os}, ${count(runtime.processors, 'processor')}`],
          server.config && ['Configuration', [h('code', {}, server.config.file), ', read ', ago(server.config.read),
            !server.config.latest && badge('bad', 'not the latest', 'The file was read again, and is not valid; the log says why')]],
          ['Heap', `${bytes(runtime.heap_used_bytes)} of ${bytes(runtime.heap_max_bytes)}`],
        ].filter(Boolean))),
      section('Flags',
        h('div', {class: 'choices', role: 'group', 'aria-label': 'Flags shown'},
          h('button', {type: 'button', 'aria-pressed': String(!isAll), onclick: () => app.replace('status', {})},
            `Changed ${number(changed.size)}`),
          h('button', {type: 'button', 'aria-pressed': String(isAll), onclick: () => app.replace('status', {flags: 'all'})},
            `All ${number(Object.keys(flags).length)}`)),
        names.length === 0
          ? h('p', {class: 'faint'}, 'All flags have their defaults.')
          : table('Flags', ['Flag', 'Value'], names.map(name => h('tr', {key: name},
            h('th', {scope: 'row'}, flag(name), isAll && changed.has(name) && badge('', 'changed')),
            h('td', {'data-head': 'Value'}, h('code', {}, flags[name] === '' ? '(empty)' : flags[name])))))),
      section('Limits', limitTable('Limits', server.limits.filter(limit => limit.flag in flags))),
      server.remote_write.length > 0 && section('Remote write', targetTable(server.remote_write)),
      section('Storage of this server',
        facts([
          ['Groups', number(storage.groups)],
          ['Expired groups', number(storage.stale_groups)],
          ['History goes back', duration(storage.history_seconds)],
          ['Pages that could not be read', number(storage.corrupt_pages)],
          storage.free_disk_bytes !== undefined && ['Free disk', bytes(storage.free_disk_bytes)],
          storage.last_end_was_clean !== undefined && ['The process before', storage.last_end_was_clean ? 'ended cleanly' : 'was killed, or crashed'],
        ].filter(Boolean)),
        table('Storage', ['Part', numbers('Entries'), numbers('Memory')], storage.maps.map(map => h('tr', {key: map.name},
          h('th', {scope: 'row'}, map.name.replaceAll('_', ' ')),
          h('td', {class: 'number', 'data-head': 'Entries'}, number(map.entries)),
          h('td', {class: 'number', 'data-head': 'Memory'}, bytes(map.bytes)))))),
    ];
  },
};

/** The targets of remote write. */
export function targetTable(targets) {
  return table('Remote write', ['Target', 'Version', numbers('Lag'), numbers('Samples'), numbers('Refused'), numbers('Dropped'), 'Last fault'], targets.map(target =>
    h('tr', {key: target.name},
      h('th', {scope: 'row'}, target.name, h('div', {class: 'faint'}, h('code', {}, target.url))),
      h('td', {'data-head': 'Version'}, target.version),
      h('td', {class: 'number', 'data-head': 'Lag'}, duration(target.lag_seconds)),
      h('td', {class: 'number', 'data-head': 'Samples'}, number(target.samples)),
      h('td', {class: 'number', 'data-head': 'Refused'}, number(target.failed)),
      h('td', {class: 'number', 'data-head': 'Dropped'}, number(target.dropped)),
      h('td', {class: 'reason', 'data-head': 'Last fault'}, target.last_fault === undefined
        ? none()
        : [ago(target.last_fault_time), ': ', target.last_fault]))), {class: 'cards'});
}

function section(title, ...children) {
  return h('section', {key: title, 'aria-label': title}, h('h2', {}, title), ...children);
}

function facts(list) {
  return h('dl', {class: 'facts'}, list.map(([name, value]) =>
    h('div', {key: name}, h('dt', {}, name), h('dd', {}, value))));
}

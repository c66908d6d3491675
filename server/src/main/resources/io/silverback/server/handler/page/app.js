// The frame of the page: which view is shown, and when its data is asked for again.

import {h, render} from './dom.js';
import {get, root} from './api.js';
import {link} from './parts.js';
import {narrow} from './plot.js';
import attention from './attention.js';
import groups from './groups.js';
import group from './group.js';
import cardinality from './cardinality.js';
import cluster from './cluster.js';
import status from './status.js';
import trial from './try.js';

const VIEWS = {attention, groups, group, cardinality, cluster, try: trial, status};
const TABS = ['attention', 'groups', 'cardinality', 'cluster', 'try', 'status'];
const REFRESH_MILLIS = 10_000;

const place = document.getElementById('app');
const first = location.pathname.endsWith('/status') ? 'status' : 'attention';

let shown = {name: '', query: ''};
let data;
let failure = '';

/** True if asking once more is of no use. */
let isFinal = false;
let saying = '';
let server = {admin_api: false, permissions: {rights: [], groups: []}};
let loading = new AbortController();
let timer;

/** What views may ask of the frame. */
const app = {
  params: new URLSearchParams(),

  /** True if the viewer has that right. */
  may(right) {
    return server.permissions.rights.includes(right);
  },

  /** True if this server takes orders beyond single groups, and the viewer has the right for this one. */
  mayOrder(right) {
    return server.admin_api && this.may(right);
  },

  /** True if the viewer may delete everything. */
  get mayWipe() {
    return this.mayOrder('admin') && server.permissions.groups.length === 0;
  },

  /** True if this server takes orders beyond single groups at all. */
  get takesOrders() {
    return server.admin_api;
  },

  /** Shows a view with these parameters, as a link to it would. */
  go(name, parameters) {
    location.hash = link(name, parameters);
  },

  /** The same without a step to go back to. */
  replace(name, parameters) {
    history.replaceState(null, '', link(name, parameters));
    follow();
  },

  /** Draws the view again. */
  draw,

  /** Asks for the data of the view again. */
  reload: load,

  /** Says for a moment what was done. */
  say(text) {
    saying = text;
    draw();
    setTimeout(() => {
      if (saying === text) {
        saying = '';
        draw();
      }
    }, 5000);
  },

  /** Says what went wrong. */
  fail(text) {
    failure = text;
    draw();
  },
};

function route() {
  const [name, query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return Object.hasOwn(VIEWS, name) ? {name, query} : {name: first, query: ''};
}

/** Shows what the address says. */
function follow() {
  const next = route();
  const isFirst = shown.name === '';
  const parameters = new URLSearchParams(next.query);
  if (next.name !== shown.name) {
    data = undefined;
  }
  if (next.name !== shown.name || parameters.get('after') !== app.params.get('after')) {
    scrollTo(0, 0);
  }
  shown = next;
  failure = '';
  app.params = parameters;
  draw();
  // The link that led here may be gone: the keyboard goes on from what it led to.
  if (!isFirst && document.activeElement === document.body) {
    document.getElementById('main').focus({preventScroll: true});
  }
  load();
}

async function load() {
  loading.abort();
  clearTimeout(timer);
  const mine = loading = new AbortController();
  const view = VIEWS[shown.name];
  try {
    const [next, about] = await Promise.all([
      view.load(app.params, mine.signal),
      get('api/v1/server', {}, mine.signal),
    ]);
    if (mine.signal.aborted) {
      return;
    }
    data = next;
    server = about.data;
    failure = '';
  } catch (fault) {
    if (mine.signal.aborted) {
      return;
    }
    failure = fault.message;
    isFinal = fault.status >= 400 && fault.status < 500;
  }
  draw();
  const pause = data !== undefined && view.pauseMillis && view.pauseMillis(data);
  timer = setTimeout(refresh, pause || REFRESH_MILLIS);
}

/** A page that nobody sees asks for nothing. */
function refresh() {
  if (document.hidden) {
    timer = setTimeout(refresh, REFRESH_MILLIS);
  } else {
    load();
  }
}

function draw() {
  const view = VIEWS[shown.name];
  const title = view.title(app.params);
  // What can be changed to get an answer is shown without one, too.
  const shownData = data === undefined && failure ? view.blank : data;
  document.title = `${view.windowTitle ? view.windowTitle(app.params) : title} · Silverback`;
  render(place,
    h('a', {class: 'skip', href: '#main', onclick: event => {
      event.preventDefault();
      document.getElementById('main').focus();
    }}, 'Skip to the content'),
    h('header', {},
      h('a', {class: 'home', href: root.href + link('attention')}, 'Silverback'),
      h('nav', {'aria-label': 'Views'}, TABS.map(tab => h('a', {
        key: tab,
        href: root.href + link(tab),
        'aria-current': tab === shown.name || (tab === 'groups' && shown.name === 'group')
          ? 'page'
          : undefined,
      }, VIEWS[tab].title(new URLSearchParams())))),
      h('a', {class: 'raw', href: new URL('metrics', root).href}, 'Metrics')),
    h('main', {id: 'main', tabindex: -1, 'aria-busy': String(data === undefined && !failure)},
      h('h1', {key: 'title'}, title),
      failure && h('p', {key: 'failure', class: 'failure', role: 'alert'},
        data === undefined ? '' : 'What is shown may be old: ', failure,
        data === undefined && !isFinal && h('span', {class: 'faint'}, '. The page asks again every 10 seconds.')),
      shownData === undefined
        ? !failure && h('p', {key: 'wait', class: 'faint'}, 'Loading…')
        : h('div', {key: shown.name, class: `view ${shown.name}`}, view.view(shownData, app.params, app))),
    h('p', {class: 'saying', role: 'status'}, saying));
}

addEventListener('hashchange', follow);
narrow.addEventListener('change', draw);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) {
    load();
  }
});
follow();

// The JSON API of the server that the page came from.

/** The address of the server, with the prefix of its paths; ends with a slash. */
export const root = new URL('../../', import.meta.url);

/** How far the clock of the server is ahead of the browser's, in milliseconds. */
let aheadMillis = 0;

/** The time by the clock of the server, in milliseconds since the epoch. */
export function now() {
  return Date.now() + aheadMillis;
}

/** An answer that is no success. */
export class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/** The whole answer to a GET; parameters may be a record, or a list of pairs. */
export function get(path, parameters = {}, signal = undefined) {
  const url = new URL(path, root);
  url.search = new URLSearchParams(parameters).toString();
  return call(url, {signal});
}

/** Asks for a change; the body is a form, or bytes as they are, if there is one. */
export function send(method, path, content = undefined, headers = {}) {
  const body = content && !(content instanceof Blob) ? new URLSearchParams(content) : content;
  return call(new URL(path, root), {method, body, headers});
}

async function call(url, options) {
  let response;
  try {
    response = await fetch(url, {cache: 'no-store', ...options});
  } catch (fault) {
    if (fault.name === 'AbortError') {
      throw fault;
    }
    throw new Refusal(0, 'the server does not answer');
  }
  const date = Date.parse(response.headers.get('Date'));
  if (!Number.isNaN(date)) {
    // The header has whole seconds: anything smaller says nothing about the clocks.
    const ahead = date - Date.now();
    aheadMillis = Math.abs(ahead) > 2000 ? ahead : 0;
  }
  const text = await response.text();
  const type = response.headers.get('Content-Type') || '';
  const answer = type.startsWith('application/json') && text ? parsed(text) : {};
  if (!response.ok) {
    const said = type.startsWith('text/html') ? 'something other than Silverback answered, maybe a proxy before it' : text.trim();
    throw new Refusal(response.status, `${answer.error || said || 'no reason was given'} (status ${response.status})`);
  }
  return answer;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(0, 'the answer was cut off');
  }
}

/** The path of a group for pushes, with every label in base64, so that any value fits. */
export function groupPath(labels) {
  const {job, ...others} = labels;
  const parts = [`metrics/job@base64/${base64(job)}`];
  for (const [name, value] of Object.entries(others)) {
    parts.push(`${encodeURIComponent(name)}@base64/${base64(value)}`);
  }
  return parts.join('/');
}

function base64(text) {
  const bytes = new TextEncoder().encode(text);
  let characters = '';
  for (const byte of bytes) {
    characters += String.fromCharCode(byte);
  }
  return `${btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}=`;
}

// Pushes with prom-client: push.js [flags] push|pushAdd|delete ADDRESS JOB
// Prints the status code of the last answer and the number of connections that were opened.
'use strict';

const http = require('node:http');
const { parseArgs } = require('node:util');
const client = require('prom-client');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grouping: { type: 'string', multiple: true, default: [] }, // NAME=VALUE, escaped as in JSON
    gauge: { type: 'string', multiple: true, default: [] }, // NAME=VALUE
    counter: { type: 'string', multiple: true, default: [] }, // NAME=VALUE
    histogram: { type: 'string', multiple: true, default: [] }, // NAME=OBSERVATION,...
    summary: { type: 'string', multiple: true, default: [] }, // NAME=OBSERVATION,...
    defaults: { type: 'boolean', default: false }, // push what the library tells of the process
    many: { type: 'string', default: '0x0' }, // series of a gauge, COUNTxWIDTH of a label
    gzip: { type: 'boolean', default: false },
    times: { type: 'string', default: '1' }, // one after the other
  },
});
const [action, address, jobName] = positionals;

class CountingAgent extends http.Agent {
  connections = 0;

  createConnection(...settings) {
    this.connections++;
    return super.createConnection(...settings);
  }
}

function cut(assignment) {
  const at = assignment.indexOf('=');
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}

function observe(metric, values) {
  values.split(',').forEach(value => metric.observe(Number(value)));
}

const registry = new client.Registry();
const registers = [registry];
if (flags.defaults) {
  client.collectDefaultMetrics({ register: registry });
}
for (const [name, value] of flags.gauge.map(cut)) {
  new client.Gauge({ name, help: 'A gauge of Node', registers }).set(Number(value));
}
for (const [name, value] of flags.counter.map(cut)) {
  new client.Counter({ name, help: 'A counter of Node', registers }).inc(Number(value));
}
for (const [name, values] of flags.histogram.map(cut)) {
  const buckets = [0.1, 1];
  observe(new client.Histogram({ name, help: 'A histogram of Node', buckets, registers }), values);
}
for (const [name, values] of flags.summary.map(cut)) {
  const percentiles = [0.5];
  observe(new client.Summary({ name, help: 'A summary of Node', percentiles, registers }), values);
}

const [count, width] = flags.many.split('x').map(Number);
if (count > 0) {
  const labelNames = ['number', 'text'];
  const gauge = new client.Gauge({ name: 'streamed', help: 'Many series', labelNames, registers });
  for (let number = 0; number < count; number++) {
    gauge.set({ number, text: 'x'.repeat(width) }, number);
  }
}

const agent = new CountingAgent({ keepAlive: true, maxSockets: 1 });
const headers = flags.gzip ? { 'Content-Encoding': 'gzip' } : {};
const gateway = new client.Pushgateway(`http://${address}`, { agent, headers }, registry);
const groupings = Object.fromEntries(
  flags.grouping.map(cut).map(([name, value]) => [name, JSON.parse(`"${value}"`)]),
);

let pushes = gateway[action]({ jobName, groupings });
for (let i = 1; i < Number(flags.times); i++) {
  pushes = pushes.then(() => gateway[action]({ jobName, groupings }));
}
pushes
  .then(({ resp }) => {
    console.log(`status=${resp.statusCode} connections=${agent.connections}`);
  })
  .catch(error => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => agent.destroy());

// The stock OpenFeature SDK and OFREP provider against a running node, while a rollout ramps: does the flag say what the
// gateway does? Each evaluation is followed by a request through the gateway for the same entity; when a move committed
// between the two (the epochs differ) the pair is asked again. Exit 1 on a disagreement.
//   node agree.mjs --admin http://127.0.0.1:7070 --data http://127.0.0.1:8080/v2/models/diamond-price/infer \
//     --flag price-v2 --body body.json [--count 100000] [--entities 20000]
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OpenFeature } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';

const { values: o } = parseArgs({
  options: {
    admin: { type: 'string', default: 'http://127.0.0.1:7070' },
    data: { type: 'string' },
    flag: { type: 'string' },
    body: { type: 'string' },
    count: { type: 'string', default: '100000' },
    entities: { type: 'string', default: '20000' },
    workers: { type: 'string', default: '8' },
  },
});
const body = readFileSync(o.body);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(o.workers) });
const url = new URL(o.data);

const ask = (entity, tenant) =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length, 'x-customer-id': entity };
    if (tenant) headers['x-tenant'] = tenant;
    const request = http.request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        resolve({
          status: answer.statusCode,
          release: answer.headers['handover-release'],
          epoch: Number(answer.headers['handover-epoch']),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });

await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: o.admin }));
const client = OpenFeature.getClient();
const tally = { evaluations: 0, disagreements: 0, asked_again: 0, errors: 0, failed: 0 };
const by = {};
const epochs = new Set();
let next = 0;

async function work() {
  while (next < Number(o.count)) {
    const i = next++;
    const entity = `c-${i % Number(o.entities)}`;
    const tenant = i % 5 === 0 ? 'acme' : i % 5 === 1 ? 'globex' : '';
    const context = { targetingKey: entity, ...(tenant ? { tenant } : {}) };
    for (let tries = 0; tries < 5; tries++) {
      const flag = await client.getStringDetails(o.flag, 'the default of the code', context);
      const seen = await ask(entity, tenant);
      if (flag.errorCode) tally.errors++;
      if (seen.status !== 200) tally.failed++;
      if (flag.flagMetadata.epoch !== seen.epoch && tries < 4) {
        tally.asked_again++;
        continue;
      }
      tally.evaluations++;
      epochs.add(seen.epoch);
      by[`${flag.reason} ${flag.value}`] = (by[`${flag.reason} ${flag.value}`] ?? 0) + 1;
      if (flag.value !== seen.release) {
        tally.disagreements++;
        console.error(`${entity} ${tenant}: flag ${JSON.stringify(flag)}, gateway ${JSON.stringify(seen)}`);
      }
      break;
    }
  }
}

const began = Date.now();
await Promise.all(Array.from({ length: Number(o.workers) }, work));
console.log(JSON.stringify({ ...tally, epochs: [...epochs].sort(), by, seconds: (Date.now() - began) / 1000 }));
process.exit(tally.disagreements || tally.errors || tally.failed ? 1 : 0);

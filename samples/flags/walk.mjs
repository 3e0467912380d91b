// The flag strategy with an organisation's own flag, from internal to everyone, and the flag that stops it half way:
// a Handover node on the diamonds models, flagd's evaluator as the flag server, callers of four tenants. Nothing is
// told to Handover when the flag flips; what counts is what callers get. While it ramps, the stock OpenFeature SDK asks
// about AGREE entities (default 2,000) and must say what the gateway does. Exit 1 when anything is not as promised.
//   npm install && AGREE=100000 node walk.mjs [PATH OF handover]
import http from 'node:http';
import net from 'node:net';
import { spawn, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const handover = process.argv[2] ?? path.join(here, '../../artifacts/bin/Handover.App/debug/handover');
const dir = mkdtempSync(path.join(tmpdir(), 'handover-flags-'));
const diamonds = process.env.DIAMONDS ?? path.join(here, '../diamonds');
const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
const [data, admin, flagPort] = [await freePort(), await freePort(), await freePort()];
const flagFile = path.join(dir, 'org-flags.json');
mkdirSync(path.join(dir, 'node/models'), { recursive: true });
cpSync(path.join(diamonds, 'models'), path.join(dir, 'node/models'), { recursive: true });
for (const f of ['service.yaml', 'consumers.yaml', 'releases.yaml']) {
  cpSync(path.join(diamonds, 'service', f), path.join(dir, 'node', f));
}
const [segment] = readFileSync(path.join(here, 'rollout.yaml'), 'utf8').split('\n---\n');
writeFileSync(path.join(dir, 'node/segments.yaml'), segment);
const [, plan] = readFileSync(path.join(here, 'rollout.yaml'), 'utf8').split('\n---\n');
writeFileSync(path.join(dir, 'rollout.yaml'), plan.replace(':19100', `:${flagPort}`));
cpSync(path.join(here, 'flags.json'), flagFile);

const children = [];
const start = (command, args, env = {}) => {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
  children.push(child);
  return child;
};
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const until = async (what, seconds, condition) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) if (await condition()) return;
  throw new Error(`${what} did not come true within ${seconds} s`);
};
const get = (url) =>
  new Promise((resolve) =>
    http
      .get(url, (a) => {
        const parts = [];
        a.on('data', (d) => parts.push(d)).on('end', () => resolve({ status: a.statusCode, text: Buffer.concat(parts).toString() }));
      })
      .on('error', () => resolve({ status: 0, text: '' })),
  );

const body = readFileSync(path.join(here, 'body.json'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const answers = [];
let going = true;
const call = (entity, tenant) =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length, 'x-customer-id': entity };
    if (tenant) headers['x-tenant'] = tenant;
    const note = (status, release) => resolve(answers.push({ at: Date.now(), tenant, entity, status, release }));
    const options = { host: '127.0.0.1', port: data, path: '/v2/models/diamond-price/infer', method: 'POST', agent, headers };
    const request = http.request(options, (a) => {
      a.resume();
      a.on('end', () => note(a.statusCode, a.headers['handover-release']));
    });
    request.on('error', () => note(0));
    request.end(body);
  });
const caller = async (n) => {
  const tenants = ['acme', 'globex', '', 'umbrella'];
  for (let i = 0; going; i++) {
    await call(`c-${n}-${i % 100}`, tenants[i % 4]);
    await sleep(5);
  }
};
// Releases that a group of callers got since a moment.
const seen = (since, tenants) => {
  const own = answers.filter((a) => a.at >= since && tenants.includes(a.tenant));
  return { n: own.length, v2: own.length === 0 ? 0 : own.filter((a) => a.release === 'v2').length / own.length };
};
const report = [];
const must = (holds, text) => {
  report.push(`${holds ? 'ok  ' : 'MISS'} ${text}`);
  console.log(report.at(-1));
};

try {
  start('node', [path.join(here, 'org-flags.mjs'), flagFile, String(flagPort)]);
  start(handover, ['run', path.join(dir, 'node'), '--data-url', `http://127.0.0.1:${data}`, '--admin-url', `http://127.0.0.1:${admin}`]);
  await until('the node', 60, async () => (await get(`http://127.0.0.1:${admin}/readyz`)).status === 200);
  const env = { ...process.env, HANDOVER_TOKEN: readFileSync(path.join(dir, 'node/.handover/admin.token'), 'utf8').trim() };
  const cli = (...args) => execFileSync(handover, [...args, '--server', `http://127.0.0.1:${admin}`], { env }).toString();
  const callers = [1, 2].map(caller);
  cli('rollout', 'start', 'diamond-price', '--to', 'v2', '-f', path.join(dir, 'rollout.yaml'));
  const rollout = async () => JSON.parse((await get(`http://127.0.0.1:${admin}/api/v1/rollouts/price-v2`)).text);
  const reached = (f) => until('a share', 120, async () => f(await rollout()));

  await reached((r) => r.segmentShares?.internal === 100);
  const agreed = new Promise((resolve) => {
    const asked = ['--admin', `http://127.0.0.1:${admin}`, '--data', `http://127.0.0.1:${data}/v2/models/diamond-price/infer`];
    const more = ['--flag', 'price-v2', '--body', path.join(here, 'body.json'), '--count', process.env.AGREE ?? '2000'];
    const child = spawn('node', [path.join(here, 'agree.mjs'), ...asked, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let text = '';
    child.stdout.on('data', (d) => (text += d));
    child.on('close', (code) => resolve({ code, text: text.trim() }));
  });
  let since = Date.now() + 200;
  await sleep(1500);
  const [internal, others] = [seen(since, ['acme']), seen(since, ['globex', '', 'umbrella'])];
  must(internal.v2 === 1 && others.v2 === 0, `internal: ${internal.n} answers, all by v2; others none of ${others.n}`);
  await reached((r) => r.segmentShares?.beta === 100);
  since = Date.now() + 200;
  await sleep(1200);
  const [beta, rest] = [seen(since, ['acme', 'globex']), seen(since, [''])];
  must(beta.v2 === 1, `beta: ${beta.n} answers of internal and beta, ${(beta.v2 * 100).toFixed(0)} % by v2; others ${(rest.v2 * 100).toFixed(0)} % of ${rest.n}`);
  await reached((r) => r.share === 50);
  since = Date.now() + 200;
  await sleep(2500);
  const half = seen(since, ['', 'umbrella']);
  must(half.v2 > 0.3 && half.v2 < 0.7, `everyone: ${(half.v2 * 100).toFixed(0)} % of ${half.n} answers by v2 at a share of 50 %`);

  // Before the flip: within its lifetime two questions may rightly get two answers.
  const { code, text } = await agreed;
  const epochs = text ? JSON.parse(text).epochs.length : 0;
  must(code === 0 && epochs > 1, `the stock OpenFeature SDK and the gateway agree: ${text}`);

  // The organisation flips its own flag. Nobody tells Handover.
  const flags = JSON.parse(readFileSync(flagFile, 'utf8'));
  flags.flags['price-v2'].defaultVariant = 'off';
  writeFileSync(`${flagFile}.new`, JSON.stringify(flags));
  const flip = Date.now();
  renameSync(`${flagFile}.new`, flagFile);
  await sleep(4000);
  const last = Math.max(flip, ...answers.filter((a) => a.release === 'v2').map((a) => a.at)) - flip;
  const after = seen(flip + 2500, ['acme', 'globex', '', 'umbrella']);
  must(after.n > 0 && after.v2 === 0 && last < 2500, `killed by the outside flag: last answer of v2 ${last} ms after the flip, none of ${after.n} later`);
  must((await rollout()).share === 50, 'routing has not changed: the flag only narrows');
  cli('flag', 'off', 'diamond-price', '--reason', 'killed by the organisation');
  await until('the move back', 20, async () => (await rollout()).state === 'rolledBack');
  must(true, 'flag off: the rollout was taken back by a move');
  going = false;
  await Promise.all(callers);
  const failed = answers.filter((a) => a.status !== 200).length;
  must(failed === 0, `requests ${answers.length}, failed ${failed}`);
} catch (e) {
  must(false, e.message);
} finally {
  going = false;
  for (const child of children.reverse()) child.kill('SIGTERM');
  if (existsSync(dir)) console.log(`files in ${dir}`);
}
process.exitCode = report.some((r) => r.startsWith('MISS')) ? 1 : 0;
console.log(`flags: ${report.filter((r) => r.startsWith('ok')).length} ok, ${report.filter((r) => r.startsWith('MISS')).length} miss`);

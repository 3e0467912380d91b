// Rules, contexts and what npm @openfeature/flagd-core chose for them: the independent twin of Core/Catalog's rules.
//   mkdir /tmp/flagd && cd /tmp/flagd && npm init -y && npm i @openfeature/flagd-core@4.0.1
//   NODE_PATH=/tmp/flagd/node_modules node eng/flagd-vectors.mjs COUNT SEED > testdata/flagd/vectors.json
// A longer comparison: HANDOVER_FLAGD_VECTORS=FILE runs the test on another file.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.NODE_PATH ?? '.', 'x.js'));
const { FlagdCore } = require('@openfeature/flagd-core');

const count = Number(process.argv[2] ?? 1500);
let state = BigInt(process.argv[3] ?? 1);
const next = () => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number(state >> 33n);
};
const below = (n) => next() % n;
const pick = (list) => list[below(list.length)];

// What is drawn is ASCII only: the npm library hashes UTF-16 units where flagd itself and we hash UTF-8, so they differ
// beyond ASCII. The last rows, a fifth as many as the others, draw nothing and hold texts of any kind.
const names = ['tenant', 'country', 'version', 'age', 'user.name', 'targetingKey', '$flagd.flagKey'];
let texts = ['acme', 'self', 'de', '', '1.2.3', 'v2.0', '1', '1.2', '1.0.0+b', '2.0.0-rc.1', '18', '17.5', '01.2.3'];
const values = () => pick([() => pick(texts), () => pick(texts), () => below(40), () => below(400) / 10, () => below(2) === 1]);
const variable = () => ({ var: pick(names) });
const text = () => pick(texts);

const leaf = () =>
  pick([
    () => ({ [pick(['==', '!=', '===', '!=='])]: [variable(), values()()] }),
    () => ({ [pick(['<', '<=', '>', '>='])]: [{ var: 'age' }, below(40)] }),
    () => ({ [pick(['<', '<='])]: [below(20), { var: 'age' }, 20 + below(20)] }),
    () => ({ in: [variable(), [text(), text(), text()]] }),
    () => ({ in: [text(), { cat: ['x', { var: ['tenant', ''] }, 'y'] }] }),
    () => ({ [pick(['starts_with', 'ends_with'])]: [variable(), text()] }),
    () => ({ sem_ver: [variable(), pick(['=', '!=', '<', '<=', '>', '>=', '~', '^', '?']), text()] }),
    () => ({ '==': [{ '%': [{ var: 'age' }, 1 + below(7)] }, below(7)] }),
    () => ({ '<': [{ '+': [{ var: 'age' }, below(9), { '*': [2, below(4)] }] }, below(60)] }),
    () => ({ '==': [{ substr: [{ cat: [{ var: ['tenant', ''] }, 'zz'] }, below(4) - 2, below(4) - 1] }, pick(['ac', 'zz', 'me', 'z'])] }),
    () => ({ '!!': [{ missing: [pick(names.slice(0, 4)), 'nobody'] }] }),
    () => ({ some: [[1, 2, below(20)], { '>': [{ var: '' }, below(20)] }] }),
    () => ({ all: [[1, 2, below(20)], { '>': [{ var: '' }, below(3)] }] }),
    () => ({ in: ['acme', { merge: [['a'], [text()], 'acme'] }] }),
    () => ({ '==': [{ reduce: [[1, 2, below(5)], { '+': [{ var: 'accumulator' }, { var: 'current' }] }, 0] }, below(8)] }),
    () => ({ '>': [{ max: [1, below(9)] }, { min: [5, below(9)] }] }),
  ])();
const condition = (depth) =>
  depth > 2 || below(3) > 0
    ? leaf()
    : pick([
        () => ({ '!': [condition(depth + 1)] }),
        () => ({ and: [condition(depth + 1), condition(depth + 1)] }),
        () => ({ or: [condition(depth + 1), condition(depth + 1), leaf()] }),
        () => ({ if: [condition(depth + 1), condition(depth + 1), condition(depth + 1)] }),
      ])();
const fractional = () => {
  const weights = [below(50), below(50), pick([1, 0, -5, 100000, { if: [condition(2), 7, 0] }])];
  const entries = weights.map((w, i) => ['abc'[i], w]);
  const by = pick([null, { cat: [pick(['s', 'salt']), { var: ['targetingKey', 'nobody'] }] }, { var: 'tenant' }, 'fixed']);
  return { fractional: by === null ? entries : [by, ...entries] };
};
const targeting = () =>
  pick([
    () => ({ if: [condition(0), 'a', 'b'] }),
    () => ({ if: [condition(0), 'a', condition(0), 'b', 'c'] }),
    () => ({ if: [condition(0), fractional(), 'c'] }),
    fractional,
  ])();

const wide = ['Zürich', 'Zu\u0308rich', 'łódź', '東京', '😀', '😀a', 'ß', 'İ', 'ſ', 'acme', 'ﬁ', '\u200b', '٣', '18', ''];
const rows = [];
while (rows.length < count * 1.2) {
  if (rows.length === count) texts = wide;
  const rule = rows.length < count ? targeting() : { if: [condition(0), 'a', condition(0), 'b', 'c'] };
  const context = { targetingKey: `c-${below(100000)}` };
  if (below(20) === 0) delete context.targetingKey;
  for (const name of ['tenant', 'country', 'version', 'age']) {
    if (below(8) > 0) context[name] = name === 'age' && below(2) === 0 ? below(40) : values()();
  }
  if (below(2) === 0) context.user = { name: text() };
  const flag = { state: 'ENABLED', variants: { a: 'a', b: 'b', c: 'c', none: 'none' }, defaultVariant: 'none', targeting: rule };
  const core = new FlagdCore();
  core.setConfigurations(JSON.stringify({ flags: { f: flag } }));
  const answer = core.resolveStringEvaluation('f', 'none', context, { debug() {}, info() {}, warn() {}, error() {} });
  // What the engine throws on (a sum of a text) has no answer to compare with.
  if (answer.errorCode) continue;
  rows.push({ rule, context, variant: answer.variant });
}
process.stdout.write('[\n' + rows.map((r) => JSON.stringify(r)).join(',\n') + '\n]\n');

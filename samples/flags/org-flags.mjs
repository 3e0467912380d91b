// An organisation's flag server for the sample: npm @openfeature/flagd-core behind OFREP's one call. It reads its flags
// from a file and reads that again when it changes, as flagd does with a synced file.
//   node org-flags.mjs flags.json 9100
import http from 'node:http';
import { readFileSync, watchFile } from 'node:fs';
import { FlagdCore } from '@openfeature/flagd-core';

const [file, port] = [process.argv[2], Number(process.argv[3] ?? 9100)];
const core = new FlagdCore();
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const load = () => {
  try {
    core.setConfigurations(readFileSync(file, 'utf8'));
  } catch (e) {
    console.error(`${file}: ${e.message}; the flags stay as they were`);
  }
};
load();
watchFile(file, { interval: 100 }, load);

http
  .createServer((request, response) => {
    const key = decodeURIComponent(request.url.split('/').pop());
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status, body) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      let context;
      try {
        ({ context } = JSON.parse(Buffer.concat(chunks).toString()));
      } catch (e) {
        return answer(400, { key, errorCode: 'PARSE_ERROR', errorDetails: e.message });
      }
      const result = core.resolveBooleanEvaluation(key, false, context ?? {}, quiet);
      if (result.errorCode === 'FLAG_NOT_FOUND') return answer(404, { key, errorCode: result.errorCode });
      if (result.errorCode) return answer(400, { key, errorCode: 'GENERAL', errorDetails: result.errorMessage });
      return answer(200, { key, value: result.value, variant: result.variant, reason: result.reason, metadata: {} });
    });
  })
  .listen(port, '127.0.0.1', () => console.log(`flags of ${file} on http://127.0.0.1:${port}`));

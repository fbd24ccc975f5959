// Serves the page to a browser without a window: node check.mjs FOLDER SCREENSHOT. What the module has
// computed is read back from the page, and the browser draws what it shows.
import assert from 'node:assert';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const [folder, screenshot] = process.argv.slice(2).map((name) => path.resolve(name));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const asked = [];
const server = createServer(async (request, response) => {
  const name = request.url === '/' ? '/index.html' : new URL(request.url, 'http://page').pathname;
  asked.push(name);
  try {
    const content = await readFile(path.join(folder, path.normalize(name)));
    response.writeHead(200, { 'Content-Type': types[path.extname(name)] ?? 'text/plain' });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const profile = mkdtempSync(path.join(tmpdir(), 'page-'));
const browser = (...words) =>
  promisify(execFile)(process.env.BROWSER_PROGRAM, [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${profile}`,
    '--virtual-time-budget=20000', '--window-size=420,420', ...words,
    `http://127.0.0.1:${server.address().port}/`,
  ], { timeout: 120_000, maxBuffer: 1 << 24 });
try {
  const { stdout } = await browser('--dump-dom');
  const found = /<span id="primes">([^<]*)</.exec(stdout)?.[1];
  assert.strictEqual(found, '1229 up to 9973', stdout);
  assert.ok(asked.includes('/pkg/page_bg.wasm'), `the browser asked for ${asked}`);
  await browser(`--screenshot=${screenshot}`);
  const picture = await readFile(screenshot);
  assert.strictEqual(picture.toString('latin1', 1, 4), 'PNG');
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`page: all as expected; ${screenshot} shows it`);

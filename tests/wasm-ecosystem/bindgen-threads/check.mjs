// Starts workers around one memory with the glue code of `wasm-bindgen --target web`.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const folder = isMainThread ? path.resolve(process.argv[2]) : workerData.folder;
const glue = await import(pathToFileURL(path.join(folder, 'bindgen_threads.js')));

if (isMainThread) {
  const module = new WebAssembly.Module(readFileSync(path.join(folder, 'bindgen_threads_bg.wasm')));
  const { memory } = glue.initSync({ module });
  assert(memory.buffer instanceof SharedArrayBuffer);
  assert.strictEqual(glue.work('main', 10), 'main 110');
  const answers = await Promise.all([1, 2, 3, 4].map((id) => new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { folder, module, memory, id } });
    worker.on('message', resolve);
    worker.on('error', reject);
  })));
  assert.deepStrictEqual(answers, [1, 2, 3, 4].map((id) => `worker ${id} 50100`));
  assert.strictEqual(glue.sum(), 45n + 4n * (49999n * 50000n) / 2n);
  assert.strictEqual(glue.words(), 'main 110, worker 1 50100, worker 2 50100, worker 3 50100, worker 4 50100');
  console.log('bindgen-threads: all as expected');
} else {
  const { module, memory, id } = workerData;
  glue.initSync({ module, memory, thread_stack_size: 1 << 20 });
  parentPort.postMessage(glue.work(`worker ${id}`, 50000));
}

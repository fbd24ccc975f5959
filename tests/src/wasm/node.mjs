// Instantiates a module, on several threads where the plan says so, makes calls and prints what
// does not come out as expected, a line each. A module for WASI is run as a command instead.

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WASI } from 'node:wasi';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const STACK = 65536;

function imports(module, memory) {
  const made = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    made[from] ??= {};
    if (kind === 'memory') made[from][name] = memory;
    else if (kind === 'function') made[from][name] = (first = 0) => first;
    else if (kind === 'table')
      made[from][name] = new WebAssembly.Table({ element: 'anyfunc', initial: 1000 });
    else if (kind === 'tag') made[from][name] = new WebAssembly.Tag({ parameters: ['i32'] });
    else made[from][name] = new WebAssembly.Global({ value: 'i32' }, 7);
  }
  return made;
}

function call(exports, { name, types, arguments: given, expected }) {
  let shown;
  try {
    const values = given.map((text, at) => (types[at] === 'i64' ? BigInt(text) : Number(text)));
    const value = exports[name](...values);
    shown = value === undefined ? 'none' : String(value);
  } catch (problem) {
    const thrown = problem instanceof WebAssembly.Exception;
    shown = thrown ? 'exception' : problem instanceof WebAssembly.RuntimeError ? 'trap' : String(problem);
  }
  return shown === expected ? [] : [`${name}(${given}) is ${shown}, not ${expected}`];
}

// A thread's own stack and thread-local data lie behind the heap's base, a slice for each thread.
function prepare(exports, number) {
  if (!exports.__wasm_init_tls) return;
  const align = Math.max(Number(exports.__tls_align?.value ?? 16), 16);
  const size = Math.ceil((Number(exports.__tls_size?.value ?? 0) + STACK) / align) * align;
  const base = Math.ceil(Number(exports.__heap_base.value) / align) * align + number * size;
  if (exports.__stack_pointer) exports.__stack_pointer.value = base + STACK;
  exports.__wasm_init_tls(base + STACK);
}

// An instance for WASI; its threads come to life in workers, which nobody has to wait for.
function command(module, memory, ids, folder) {
  const preopens = folder ? { '/': folder } : {};
  const wasi = new WASI({ version: 'preview1', args: ['command'], preopens, returnOnExit: true });
  const given = { ...imports(module, memory), ...wasi.getImportObject() };
  const spawn = (argument) => {
    const thread = Atomics.add(ids, 0, 1);
    const data = { module, memory, ids, thread, argument };
    new Worker(new URL(import.meta.url), { workerData: data });
    return thread;
  };
  if (given.wasi) given.wasi['thread-spawn'] = spawn;
  const instance = new WebAssembly.Instance(module, given);
  return { wasi, instance };
}

if (!isMainThread && workerData.ids) {
  const { module, memory, ids, thread, argument } = workerData;
  const { wasi, instance } = command(module, memory, ids);
  // Calls of WASI need an instance that has been started; this one has nothing to start.
  const { memory: own, wasi_thread_start: start } = instance.exports;
  wasi.initialize({ exports: { memory: own ?? memory } });
  start(thread, argument);
} else if (isMainThread) {
  const plan = JSON.parse(process.argv[2]);
  const module = new WebAssembly.Module(readFileSync(plan.module));
  const { initial, maximum, shared } = plan.memory ?? {};
  const memory = plan.memory && new WebAssembly.Memory({ initial, maximum: maximum ?? undefined, shared });
  // Imported memory may hold anything.
  if (memory && !shared) new Uint8Array(memory.buffer).fill(0xa5);
  if (plan.wasi) {
    const ids = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const { wasi, instance } = command(module, memory, ids, dirname(plan.module));
    process.exit(wasi.start(instance));
  }
  const exports = new WebAssembly.Instance(module, imports(module, memory)).exports;
  const threads = Array.from({ length: plan.workers }, (_, number) =>
    new Promise((done, failed) => {
      const data = { module, memory, calls: plan.worker, number };
      const worker = new Worker(new URL(import.meta.url), { workerData: data });
      worker.on('message', (problems) => done(problems.map((text) => `thread ${number}: ${text}`)));
      worker.on('error', failed);
    }));
  const problems = (await Promise.all(threads)).flat();
  for (const one of plan.run) problems.push(...call(exports, one));
  for (const problem of problems) console.log(problem);
} else {
  const { module, memory, calls, number } = workerData;
  const exports = new WebAssembly.Instance(module, imports(module, memory)).exports;
  prepare(exports, number);
  parentPort.postMessage(calls.flatMap((one) => call(exports, one)));
}

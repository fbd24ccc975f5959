// Runs wasm programs in Node where the built-in engine cannot: with threads.
//
//   node -e <this file> -- program.wasm ARGUMENTS…
//
// The wasm program never runs in Node's first thread: that one stays free to start workers, to pass
// on exit codes and to tell of traps while the others block. A thread is a worker with an instance of
// its own around the shared memory. Its stack and thread-local data lie in memory that is grown for
// it and used again when it is done.
//
// The program's side, for targets without a system:
//   imports  xsys.print, eprint, exit, arg_count, arg_len, arg_copy, now_ms, random (as in the
//            built-in engine) and xsys.thread_spawn(argument) -> thread id
//   exports  what the linker makes (__stack_pointer, __wasm_init_tls, __tls_size, __tls_align) and
//            xsys_thread_start(thread id, argument)
// WASI 0.1 is Node's; its threads are those of the wasi-threads proposal: wasi.thread-spawn and
// wasi_thread_start.
'use strict';

const host = () => {
  const fs = require('node:fs');
  const threads = require('node:worker_threads');
  const STACK = 1 << 20;
  const PAGE = 1 << 16;

  // The memory that the module imports or has, with its limits: JavaScript has no other way to learn
  // them.
  const memoryOf = (bytes) => {
    let at = 8;
    const number = () => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const size = () => Number(number());
    const limits = () => {
      const flags = bytes[at++];
      const initial = number();
      const maximum = flags & 1 ? number() : undefined;
      return { shared: (flags & 2) !== 0, wide: (flags & 4) !== 0, initial, maximum };
    };
    while (at < bytes.length) {
      const id = bytes[at++];
      const end = size() + at;
      if (id === 5 && size() > 0) return limits();
      if (id !== 2) {
        at = end;
        continue;
      }
      for (let count = size(); count > 0; count -= 1) {
        const name = () => {
          const length = size();
          at += length;
          return Buffer.from(bytes.subarray(at - length, at)).toString();
        };
        const module = name();
        const field = name();
        switch (bytes[at++]) {
          case 0: size(); break;
          case 1: at += 1; limits(); break;
          case 2: return { module, field, ...limits() };
          case 3: at += 2; break;
          case 4: at += 1; size(); break;
          default: throw new Error(`unknown kind of import at ${at - 1}`);
        }
      }
    }
    return undefined;
  };

  const memoryFor = (limits) => {
    const pages = (value) => (limits.wide ? value : Number(value));
    const described = {
      initial: pages(limits.initial),
      maximum: limits.maximum === undefined ? undefined : pages(limits.maximum),
      shared: limits.shared,
    };
    // Two spellings of the same, from before and after the proposal was finished.
    if (limits.wide) Object.assign(described, { address: 'i64', index: 'i64' });
    try {
      return new WebAssembly.Memory(described);
    } catch (error) {
      if (!limits.wide) throw error;
      return new WebAssembly.Memory({
        ...described,
        initial: Number(limits.initial),
        maximum: limits.maximum === undefined ? undefined : Number(limits.maximum),
      });
    }
  };

  // What the workers of a program share besides its memory: [next thread id, lock, top of the list
  // of free stacks].
  const NEXT = 0;
  const LOCK = 1;
  const FREE = 2;

  const first = (path, args) => {
    const bytes = fs.readFileSync(path);
    if (!WebAssembly.validate(bytes)) {
      // Not on by default before Node 24.
      require('node:v8').setFlagsFromString('--experimental-wasm-memory64');
    }
    const module = new WebAssembly.Module(bytes);
    const limits = memoryOf(bytes);
    const memory = limits?.module === undefined ? undefined : memoryFor(limits);
    const counters = new Int32Array(new SharedArrayBuffer(12));
    Atomics.store(counters, NEXT, 1);
    const common = { module, limits, memory, counters, path, args };
    const end = (code) => process.exit(code & 0xff);
    const start = (data) => {
      const worker = new threads.Worker(`(${host})()`, {
        eval: true,
        workerData: { ...common, ...data },
        stdin: false,
      });
      worker.on('error', (error) => {
        const text = error?.stack ?? String(error);
        fs.writeSync(2, `error: the program trapped in ${data.id ? `thread ${data.id}` : 'its first thread'}: ${text}\n`);
        end(134);
      });
    };
    const channel = new threads.BroadcastChannel('xsys');
    channel.onmessage = ({ data }) => {
      if ('exit' in data) end(data.exit);
      if ('spawn' in data) start(data.spawn);
    };
    start({ id: 0 });
  };

  // A thread of the program: the first has the id 0.
  const thread = (data) => {
    const { module, limits, memory, counters, path, args, id } = data;
    const channel = new threads.BroadcastChannel('xsys');
    const forever = () => {
      const never = new Int32Array(new SharedArrayBuffer(4));
      for (;;) Atomics.wait(never, 0, 0);
    };
    // Everything stops at once, this thread included.
    const exit = (code) => {
      channel.postMessage({ exit: Number(code) });
      forever();
    };
    let instance;
    const bytes = () => new Uint8Array((memory ?? instance.exports.memory).buffer);
    // What other threads have grown: V8 tells a thread of it by and by, and of what was grown while
    // the thread began not at all, until the thread itself grows the memory. Until then it copies
    // and fills within the old size only, and traps.
    const refresh = () => memory?.grow(limits.wide ? 0n : 0);
    const read = (pointer, length) => {
      const [from, count] = [Number(pointer), Number(length)];
      if (from + count > bytes().length) refresh();
      if (from + count > bytes().length) throw new RangeError(`${count} bytes at ${from} are not in the memory`);
      return Buffer.from(bytes().slice(from, from + count));
    };
    const put = (file) => (pointer, length) => {
      const text = read(pointer, length);
      for (let at = 0; at < text.length; ) at += fs.writeSync(file, text, at);
    };
    const write = (pointer, content) => {
      read(pointer, content.length);
      bytes().set(content, Number(pointer));
    };
    const spawn = (argument) => {
      const next = Atomics.add(counters, NEXT, 1);
      channel.postMessage({ spawn: { id: next, argument } });
      return next;
    };
    const argument = (index) => {
      const text = args[Number(index)];
      if (text === undefined) throw new RangeError(`there is no argument ${index} of ${args.length}`);
      return Buffer.from(text);
    };
    const usize = (value) => (limits?.wide ? BigInt(value) : value);
    const imports = {
      xsys: {
        print: put(1),
        eprint: put(2),
        exit,
        arg_count: () => usize(args.length),
        arg_len: (index) => usize(argument(index).length),
        arg_copy: (index, pointer) => write(pointer, argument(index)),
        now_ms: () => Date.now(),
        random: (pointer, length) => write(pointer, require('node:crypto').randomBytes(Number(length))),
        thread_spawn: spawn,
      },
      wasi: { 'thread-spawn': spawn },
    };
    if (memory) (imports[limits.module] ??= {})[limits.field] = memory;
    let wasi;
    if (WebAssembly.Module.imports(module).some((wanted) => wanted.module === 'wasi_snapshot_preview1')) {
      const { WASI } = require('node:wasi');
      wasi = new WASI({ version: 'preview1', args: [path, ...args], env: process.env, preopens: { '.': '.' }, returnOnExit: true });
      const calls = Object.entries({ ...wasi.wasiImport, proc_exit: exit });
      // Called from wasm without a function in between, Node may crash when memory has grown.
      const fresh = ([name, call]) => [name, (...words) => (refresh(), call(...words))];
      imports.wasi_snapshot_preview1 = Object.fromEntries(calls.map(fresh));
    }
    instance = new WebAssembly.Instance(module, imports);
    const { exports } = instance;
    refresh();
    if (wasi) {
      // Node looks at the entry points to tell programs from libraries; calling them is our part.
      wasi.initialize({ exports: { memory: memory ?? exports.memory } });
    }
    if (id === 0) {
      exports._initialize?.();
      const entry = exports._start ?? exports.main ?? exports.run;
      if (!entry) throw new Error('the module has no entry point: none of `_start`, `main`, `run`');
      const result = entry === exports.main ? entry(0, usize(0)) : entry();
      exit(typeof result === 'number' ? result : 0);
    }
    if (exports.wasi_thread_start) {
      // wasi-libc brings its own stacks.
      exports.wasi_thread_start(id, data.argument);
      channel.close();
      return;
    }
    const [tlsSize, tlsAlign] = [Number(exports.__tls_size.value), Number(exports.__tls_align.value)];
    const block = Math.ceil((STACK + tlsSize + tlsAlign) / PAGE) * PAGE;
    const like = (value, model) => (typeof model === 'bigint' ? BigInt(value) : value);
    const lock = () => {
      while (Atomics.compareExchange(counters, LOCK, 0, 1) !== 0) Atomics.wait(counters, LOCK, 1);
    };
    const unlock = () => {
      Atomics.store(counters, LOCK, 0);
      Atomics.notify(counters, LOCK, 1);
    };
    // A free block holds the page of the next one in its first word.
    const words = () => new Int32Array(memory.buffer);
    lock();
    refresh();
    let page = Atomics.load(counters, FREE);
    if (page !== 0) {
      Atomics.store(counters, FREE, words()[(page * PAGE) / 4]);
    } else {
      page = Number(memory.grow(limits.wide ? BigInt(block / PAGE) : block / PAGE));
    }
    unlock();
    const base = page * PAGE;
    const tls = Math.ceil((base + STACK) / Math.max(tlsAlign, 1)) * Math.max(tlsAlign, 1);
    const pointer = exports.__stack_pointer.value;
    exports.__stack_pointer.value = like(base + STACK, pointer);
    exports.__wasm_init_tls(like(tls, pointer));
    exports.xsys_thread_start(id, data.argument);
    lock();
    words()[base / 4] = Atomics.load(counters, FREE);
    Atomics.store(counters, FREE, page);
    unlock();
    channel.close();
  };

  if (threads.isMainThread) {
    const [path, ...args] = process.argv.slice(1);
    first(path, args);
  } else {
    thread(threads.workerData);
  }
};
host();

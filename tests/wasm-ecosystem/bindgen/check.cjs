// Calls everything that the module exports; the first argument is the folder of the glue code.
'use strict';
const assert = require('node:assert');
const path = require('node:path');
const glue = require(path.resolve(process.argv[2], 'bindgen.js'));

assert.strictEqual(glue.greet('wörld'), 'Hello, wörld! 2.5');
assert.strictEqual(glue.half(42), 21);
assert.throws(() => glue.half(7), /7 is odd/);
assert.deepStrictEqual([...glue.apply((x) => x * x, [1, 2, 3])], [1, 4, 9]);
const count = glue.counter();
assert.strictEqual(count(2), 2);
assert.strictEqual(count(40), 42);
assert.strictEqual(glue.kind_of('{"a": 1}'), 'object');
assert.strictEqual(glue.kind_of('"x"'), 'string x');
assert.strictEqual(glue.kind_of('}'), 'error');
const stack = new glue.Stack();
assert.strictEqual(stack.top, undefined);
stack.push('below');
stack.push('above');
assert.strictEqual(stack.top, 'above');
stack.free();
console.log('bindgen: all as expected');

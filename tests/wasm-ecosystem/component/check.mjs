// Calls the component as `jco transpile --instantiation` has made it; the argument is its folder.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2]);
const { instantiate } = await import(pathToFileURL(path.join(folder, 'component.js')));
const load = (name) => new WebAssembly.Module(readFileSync(path.join(folder, name)));
const host = { shout: (text) => text.toUpperCase() };
const words = await instantiate(load, { 'xsys:words/host': host });
assert.deepStrictEqual(words.count('b a b'), [['a', 1], ['b', 2]]);
assert.strictEqual(words.join(['x', 'ä']), 'X Ä');
// jco throws what a result's error holds.
assert.throws(() => words.join([]), (error) => (error.payload ?? error) === 'nothing to join');
console.log('component: all as expected');

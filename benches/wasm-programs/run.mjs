// Runs a module: its export `run` where it has one, else as a WASI command. What it answers and
// prints is what two links of one program have to agree on.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const exports = WebAssembly.Module.exports(module).map((item) => item.name);
if (exports.includes("run")) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === "function") (imports[from] ??= {})[name] = () => { throw new Error(`${from}.${name}`); };
  }
  console.log(new WebAssembly.Instance(module, imports).exports.run(50) >>> 0);
} else {
  const wasi = new WASI({ version: "preview1", args: ["program"], returnOnExit: true });
  console.log(wasi.start(new WebAssembly.Instance(module, wasi.getImportObject())));
}

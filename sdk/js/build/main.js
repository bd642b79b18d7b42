#!/usr/bin/env node
// Makes the component: `ordergate-build src/adapter.js dist/my-adapter.wasm`. The first file exports the adapter's class as its default.

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "./build.js";

const [source, target, ...more] = process.argv.slice(2);

if (source === undefined || target === undefined || more.length > 0) {
  console.error("usage: ordergate-build SOURCE TARGET\nexample: ordergate-build src/adapter.js dist/my-adapter.wasm");
  process.exit(64);
}
if (!statSync(source, { throwIfNoEntry: false })?.isFile()) {
  console.error(`ordergate-build: there is no file ${source}`);
  process.exit(64);
}
try {
  const component = await build(source);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, component);
  console.error(`${target}: ${component.length} bytes`);
} catch (error) {
  console.error(`ordergate-build: ${error.message}`);
  process.exit(1);
}

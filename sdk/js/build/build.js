// From an adapter's source to a component: the entry is written around it, and QuickJS is put beneath it.

import { resolve } from "node:path";
import { componentize } from "componentize-qjs";
import { WIT, contract } from "./contract.js";
import { entry } from "./entry.js";

/** The component of the adapter in `source`, a file in the current folder or below it. Its imports are found there, too. */
export async function build(source) {
  const root = process.cwd();
  const shapes = contract();
  const { component } = await componentize({
    witPath: WIT,
    world: "adapter",
    jsSource: entry(resolve(source).slice(root.length + 1), shapes),
    // Any file of the folder: relative imports of the entry begin there.
    jsPath: resolve("package.json"),
    moduleRoot: root,
    // The contract's functions are not `async`, and the host does not know that part of the component model.
    sync: true,
  });
  return component;
}

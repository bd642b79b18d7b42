// The module that a component starts with: it connects the contract's imports, and exports what the adapter answers.

/** The entry's text. `source`: the adapter's file, from the folder that is built. */
export function entry(source, contract) {
  const exports = ["lifecycle", "descriptor", ...new Set(Object.values(contract.operations).map(({ interfaceName }) => interfaceName))];
  return `
import * as transport from "ordergate:adapter/transport@${contract.version}";
import * as settings from "ordergate:adapter/settings@${contract.version}";
import * as log from "ordergate:adapter/log@${contract.version}";
import * as session from "ordergate:adapter/session@${contract.version}";
import { component } from "ordergate-sdk/component";
import Adapter from ${JSON.stringify(`./${source.replaceAll("\\", "/")}`)};
export const { ${exports.join(", ")} } = component(Adapter, { transport, settings, log, session }, ${JSON.stringify(contract)});
`;
}

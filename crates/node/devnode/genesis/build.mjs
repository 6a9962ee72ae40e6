// Compiles StylusDeployer.sol and writes its runtime code to StylusDeployer.hex.
// Run in this folder after `npm install` at the root: node build.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const solc = require("solc");

const file = "StylusDeployer.sol";
const input = {
  language: "Solidity",
  sources: { [file]: { content: readFileSync(file, "utf8") } },
  settings: {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { [file]: { StylusDeployer: ["evm.deployedBytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors ?? []).filter((error) => error.severity === "error");
if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
writeFileSync("StylusDeployer.hex", `${output.contracts[file].StylusDeployer.evm.deployedBytecode.object}\n`);

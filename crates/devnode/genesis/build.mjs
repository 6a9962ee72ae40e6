// Compiles StylusDeployer.sol and writes its runtime code to StylusDeployer.hex, and takes Multicall3's runtime code out of
// viem's creation code into Multicall3.hex. Run in this folder after `npm install` at the root: node build.mjs
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

const { multicall3Bytecode } = await import(new URL("./constants/contracts.js", import.meta.resolve("viem")));
const creation = multicall3Bytecode.slice(2);
// Creation code without constructor arguments copies everything behind its own end, marked by INVALID (fe).
const runtime = creation.slice(creation.indexOf("6000f3fe") + 8);
writeFileSync("Multicall3.hex", `${runtime}\n`);

// The Solidity compiler, for what the scripts beside this ask of it.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const interfaceFolder = path.join('contracts', 'interfaces');

/** `source` with everything that it imports, by the names under which the compiler asks for them. */
export function withImports(name, source, sources = {}) {
  sources[name] = { content: source };
  for (const [, imported] of source.matchAll(/^import [^;]*"([^"]+)";/gm)) {
    const target = imported.startsWith('.') ? path.join(path.dirname(name), imported) : imported;
    if (target in sources) continue;
    const file = path.join(root, target.startsWith('@') ? 'node_modules' : '', target);
    withImports(target, fs.readFileSync(file, 'utf8'), sources);
  }
  return sources;
}

/** What the compiler answers to `sources`; an error of its own is one of the script's. */
export function compile(sources, outputSelection) {
  const input = { language: 'Solidity', sources, settings: { outputSelection } };
  const answer = execFileSync(path.join(root, 'script', 'solc'), ['--standard-json'], {
    input: JSON.stringify(input),
    maxBuffer: 1 << 28,
  });
  const parsed = JSON.parse(answer);
  const fatal = (parsed.errors ?? []).filter(({ severity }) => severity === 'error');
  if (fatal.length > 0) throw new Error(fatal.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return parsed;
}

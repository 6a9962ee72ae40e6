// The checkout: its files, what the sources call things, and what has been found wrong so far.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));

/** Extensions of files that a document may name by their last part alone. */
export const FILES = /\.(rs|sol|mjs|md|py|json|toml|hex|sh|txt|csv)$/;

export const found = [];
export const complain = (file, line, text) => found.push(`${file}:${line}: ${text}`);

/** Every file of the checkout that is not ignored. */
function files() {
  const skipped = /^(\.git|node_modules|out|target)$/;
  const walk = (folder) =>
    fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (skipped.test(entry.name)) return [];
      const name = path.join(folder, entry.name);
      return entry.isDirectory() ? walk(name) : [name];
    });
  return walk('.');
}

export const all = files();
export const documents = all.filter((file) => file.endsWith('.md'));
export const sources = all.filter((file) => /\.(rs|sol|mjs|sh|toml|json)$/.test(file) || /^(Makefile|script\/[\w-]+|\.ci\/run)$/.test(file));
export const folders = new Set(all.flatMap((file) => file.split('/').map((_, k, parts) => parts.slice(0, k).join('/'))));
export const top = new Set(all.map((file) => file.split('/')[0]));
export const text = (file) => fs.readFileSync(file, 'utf8');

/** What braces stand for. */
export function expanded(pattern) {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/.exec(pattern);
  return braces ? braces[2].split(',').flatMap((part) => expanded(braces[1] + part + braces[3])) : [pattern];
}

const matcher = (pattern) =>
  new RegExp(`^${pattern.split(/(\*\*|\*)/).map((part) => ({ '**': '.*', '*': '[^/]*' })[part] ?? part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('')}$`);

/** Whether a path is one of the checkout's; of a file, its last parts are enough. */
export function exists(name) {
  const plain = name.replace(/\/$/, '');
  if (plain.includes('*')) return all.some((file) => matcher(plain).test(file));
  if (all.includes(plain) || folders.has(plain)) return true;
  return FILES.test(plain) && all.some((file) => file.endsWith(`/${plain}`));
}

// Paths that a document shows: the checkout has them.

import { FILES, complain, exists, expanded, top } from './tree.mjs';

/** What a build or an installation makes: named in documents, and not there in a fresh checkout. */
const MADE = /^(out|target|node_modules)(\/|$)/;

/** Whether code within the text is a path of the checkout. */
export function isPath(span) {
  if (MADE.test(span) || !/^[\w.-]+(\/[\w.{},*-]+)*\/?$/.test(span)) return false;
  return FILES.test(span) || (span.includes('/') && top.has(span.split('/')[0]));
}

export function checkPath(file, number, span) {
  if (!expanded(span).every(exists)) complain(file, number, `no such path: ${span}`);
}

/** Arguments of a command that are paths of the checkout. */
export function checkNamed(file, number, given) {
  for (const word of given.filter((argument) => /^(contracts|crates|docs|script|test)\//.test(argument))) checkPath(file, number, word);
}

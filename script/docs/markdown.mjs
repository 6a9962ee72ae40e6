// Reading a document: what its lines are, the anchors of its headings, and the code within its text.

import { text } from './tree.mjs';

/** A document's lines, each with what it is: text, or code of a language (`sh` where it is indented). */
export function lines(file) {
  let fence = null;
  let before = '';
  return text(file).split('\n').map((line, k) => {
    const mark = /^(\s*)```(\w*)/.exec(line);
    let kind = 'text';
    if (mark) {
      kind = 'fence';
      fence = fence === null ? mark[2] || 'plain' : null;
    } else if (fence !== null) kind = fence;
    else if (/^ {4}\S/.test(line) && (before === '' || before === 'code')) kind = 'sh';
    before = kind === 'sh' && fence === null ? 'code' : line.trim() === '' ? '' : 'text';
    return { number: k + 1, line, kind };
  });
}

/** The anchor of a heading, as GitHub makes it. */
const slug = (heading) =>
  heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '').trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-');

const known = new Map();
export function anchors(file) {
  if (!known.has(file)) {
    const seen = new Map();
    const here = lines(file).filter(({ kind, line }) => kind === 'text' && /^#{1,6} /.test(line)).map(({ line }) => {
      const name = slug(line.replace(/^#+ /, ''));
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      return count === 0 ? name : `${name}-${count}`;
    });
    known.set(file, new Set(here));
  }
  return known.get(file);
}

export const spans = (line) => [...line.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(([, span]) => span);

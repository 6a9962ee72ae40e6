// What the code cites: the sections of docs/design.md, and documents.

import { lines } from './markdown.mjs';
import { all, complain, sources, text } from './tree.mjs';

export function checkCitations() {
  const design = lines('docs/design.md').filter(({ kind }) => kind === 'text');
  const sections = new Map();
  let chapter = null;
  for (const { line } of design) {
    const heading = /^(##|###) (\d+)(?:\.\d+)?\.? (.*)$/.exec(line);
    if (heading?.[1] === '##') sections.set((chapter = heading[2]), new Set());
    else if (heading) sections.get(chapter).add(heading[3]);
  }
  for (const file of sources.filter((name) => /\.(rs|sol|mjs)$/.test(name))) {
    for (const [k, line] of text(file).split('\n').entries()) {
      for (const [, section, title] of line.matchAll(/DESIGN (\d+)(?:, "?([A-Z][A-Za-z ]+))?/g)) {
        if (!sections.has(section)) complain(file, k + 1, `docs/design.md has no section ${section}`);
        else if (title && ![...sections.get(section)].some((name) => name === title.trim())) {
          complain(file, k + 1, `section ${section} of docs/design.md has no "${title}"`);
        }
      }
      for (const [name] of line.matchAll(/\bdocs\/[\w-]+\.md\b/g)) if (!all.includes(name)) complain(file, k + 1, `no such file: ${name}`);
    }
  }
}

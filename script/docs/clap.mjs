// The flags of programs, from their `Args` structs of clap.

export const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/_/g, '-').toLowerCase();

/** Flags of clap's `Args` structs of a file, by struct; what they flatten is in them. */
export function structs(source) {
  const bodies = new Map([...source.matchAll(/struct (\w+) \{\n([\s\S]*?)\n\}/g)].map(([, name, body]) => [name, body]));
  const flags = (body) =>
    [...body.matchAll(/#\[(arg|command)\(([\s\S]*?)\)\]\n\s*(?:pub )?(\w+): ([\w<>]+)/g)].flatMap(([, attribute, options, field, type]) => {
      if (attribute === 'command') return options.includes('flatten') ? flags(bodies.get(type) ?? '') : [];
      return /\blong\b/.test(options) ? [`--${kebab(field)}`] : [];
    });
  return { flags, bodies };
}

/** The flags among arguments, without their values. */
export const flagsOf = (given) => given.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);

// What the interfaces' documentation says, and where it falls short. Beside Solidity's own tags it knows
//
//   @custom:emits NAME [if ... | for each ... | unless ...]
//   @custom:reverts NAME when ... | always
//   @custom:passes-on INTERFACE.FUNCTION when ...       what that reverts with is passed on
//   @custom:passes-on any ...                           whatever a contract reverts with that the caller names is passed on
//
// of functions; `@custom:reverts` of an interface holds for all its functions, `@custom:reverts-at-construction` for its constructor.

import fs from 'node:fs';
import path from 'node:path';
import { compile, interfaceFolder, root, withImports } from './solidity.mjs';

/** The tags of a documentation: name, first word, and the words after it, of all its lines. */
function tagsOf(node) {
  const tags = [];
  for (const raw of (node.documentation?.text ?? '').split('\n')) {
    const line = raw.trim();
    const [, name, text] = /^@([a-z:-]+)\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) tags.push({ name, text });
    else if (tags.length > 0) tags.at(-1).text += ` ${line}`;
  }
  return tags.map(({ name, text }) => {
    const [subject, ...rest] = text.trim().split(/\s+/);
    return { name, text: text.trim(), subject, rest: rest.join(' ') };
  });
}

const tagged = (tags, name) => tags.filter((tag) => tag.name === name);
const subjects = (tags, name) => tagged(tags, name).map(({ subject }) => subject);

/** Names that come more than once. */
const twice = (names) => names.filter((name, place) => names.indexOf(name) !== place);

/** An interface of the folder: what is documented of it, and what has no documentation. */
class Interface {
  constructor(node, nodesById) {
    this.name = node.name;
    this.tags = tagsOf(node);
    this.complaints = [];
    const family = node.linearizedBaseContracts.map((id) => nodesById.get(id));
    const all = (type) => family.flatMap(({ nodes }) => nodes.filter(({ nodeType }) => nodeType === type));
    const own = (type) => node.nodes.filter(({ nodeType }) => nodeType === type);
    this.errors = new Map(all('ErrorDefinition').map((error) => [error.name, error.errorSelector]));
    this.events = new Set(all('EventDefinition').map(({ name }) => name));
    this.ownErrors = own('ErrorDefinition').map(({ name }) => name);
    this.functions = new Map();
    // A function that is declared anew comes before the one that it overrides.
    for (const entry of all('FunctionDefinition')) {
      if (this.functions.has(entry.functionSelector)) continue;
      this.functions.set(entry.functionSelector, { name: entry.name, writes: ['nonpayable', 'payable'].includes(entry.stateMutability), tags: tagsOf(entry) });
    }
    this.ownFunctions = own('FunctionDefinition');
    this.common = subjects(this.tags, 'custom:reverts');
    this.atConstruction = subjects(this.tags, 'custom:reverts-at-construction');
    this.checkWords(node, own);
  }

  complain(where, what) {
    this.complaints.push(`${this.name}${where ? `.${where}` : ''}: ${what}`);
  }

  checkNotice(where, tags) {
    if (!tagged(tags, 'notice').some(({ text }) => text !== '')) this.complain(where, 'no @notice');
  }

  /** Each of `members` has a `@param` that says something, and nothing else has. */
  checkParameters(where, tags, members) {
    const params = tagged(tags, 'param');
    for (const name of members.map((member) => member.name)) {
      const said = params.filter(({ subject, rest }) => subject === name && rest !== '');
      if (said.length !== 1) this.complain(where, `${said.length} times @param ${name}`);
    }
    const known = new Set(members.map(({ name }) => name));
    for (const { subject } of params) if (!known.has(subject)) this.complain(where, `@param ${subject} is none of it`);
  }

  checkReturns(where, tags, values) {
    const said = tagged(tags, 'return').filter(({ rest, text }) => text !== '' && rest !== undefined);
    if (said.length !== values.length) this.complain(where, `${said.length} times @return, of ${values.length}`);
    values.forEach(({ name }, place) => {
      const tag = said[place];
      if (name && tag && (tag.subject !== name || tag.rest === '')) this.complain(where, `no @return ${name}`);
    });
  }

  checkErrors(where, tags, name) {
    const listed = subjects(tags, name);
    for (const error of listed) if (!this.errors.has(error)) this.complain(where, `${error} is no error of it`);
    for (const error of twice(listed)) this.complain(where, `${error} is listed twice`);
    for (const { subject, rest } of tagged(tags, name)) {
      if (!/^(when |always)/.test(rest)) this.complain(where, `when ${subject}?`);
    }
  }

  checkWords(node, own) {
    this.checkNotice('', this.tags);
    for (const name of ['custom:reverts', 'custom:reverts-at-construction']) this.checkErrors('', this.tags, name);
    for (const struct of own('StructDefinition')) this.checkMembers(struct, struct.members);
    for (const event of own('EventDefinition')) this.checkMembers(event, event.parameters.parameters);
    for (const error of own('ErrorDefinition')) this.checkMembers(error, error.parameters.parameters);
    for (const entry of this.ownFunctions) this.checkFunction(entry);
    for (const entry of own('EnumDefinition')) this.checkMembers(entry, entry.members);
  }

  checkMembers(node, members) {
    const tags = tagsOf(node);
    this.checkNotice(node.name, tags);
    this.checkParameters(node.name, tags, members);
  }

  checkFunction(node) {
    const tags = tagsOf(node);
    this.checkNotice(node.name, tags);
    this.checkParameters(node.name, tags, node.parameters.parameters);
    this.checkReturns(node.name, tags, node.returnParameters.parameters);
    this.checkErrors(node.name, tags, 'custom:reverts');
    for (const error of subjects(tags, 'custom:reverts')) {
      if (this.common.includes(error)) this.complain(node.name, `${error} is every function's`);
    }
    const emitted = subjects(tags, 'custom:emits');
    for (const event of emitted) if (!this.events.has(event)) this.complain(node.name, `${event} is no event of it`);
    for (const event of twice(emitted)) this.complain(node.name, `${event} is listed twice`);
  }

  /** The function of a name that is declared here. */
  declared(name) {
    return [...this.functions.values()].find((entry) => entry.name === name);
  }

  /** Errors that nobody would ever see, by what is said. */
  checkUse() {
    const listed = new Set([...this.common, ...this.atConstruction]);
    for (const { tags } of this.functions.values()) for (const name of subjects(tags, 'custom:reverts')) listed.add(name);
    for (const error of this.ownErrors) if (!listed.has(error)) this.complain(error, 'no function lists it');
  }
}

/** Every interface of the folder, by its name. */
export function interfaces() {
  const files = fs.readdirSync(path.join(root, interfaceFolder)).map((file) => path.join(interfaceFolder, file));
  const sources = {};
  for (const file of files) withImports(file, fs.readFileSync(path.join(root, file), 'utf8'), sources);
  const compiled = compile(sources, { '*': { '': ['ast'] } });
  const contracts = Object.values(compiled.sources)
    .flatMap(({ ast }) => ast.nodes)
    .filter(({ nodeType }) => nodeType === 'ContractDefinition');
  const nodesById = new Map(contracts.map((node) => [node.id, node]));
  const found = new Map();
  for (const file of files) {
    for (const node of compiled.sources[file].ast.nodes) {
      if (node.nodeType === 'ContractDefinition') found.set(node.name, new Interface(node, nodesById));
    }
  }
  for (const entry of found.values()) {
    entry.checkUse();
    for (const { name, tags } of entry.functions.values()) {
      for (const { subject } of tagged(tags, 'custom:passes-on')) {
        const [of, called] = subject.split('.');
        if (subject !== 'any' && !found.get(of)?.declared(called)) entry.complain(name, `${subject} is not known`);
      }
    }
  }
  return found;
}

/** Selectors of the errors that `entry` says a function of its own reverts with; those of calls that it passes on if `passed`. */
export function listedErrors(all, entry, { tags }, passed) {
  const names = [...entry.common, ...subjects(tags, 'custom:reverts')];
  const listed = new Set(names.map((name) => entry.errors.get(name)));
  if (!passed) return listed;
  for (const { subject } of tagged(tags, 'custom:passes-on')) {
    if (subject === 'any') return undefined;
    const [of, called] = subject.split('.');
    const other = all.get(of);
    for (const selector of listedErrors(all, other, other.declared(called), true) ?? []) listed.add(selector);
  }
  return listed;
}

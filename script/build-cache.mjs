// Prepares a folder in the user's cache for what the checkout compiles to, so that a later run finds it wherever its checkout is,
// and prints its path. Fails if the folder cannot be had, or another run has it.
//
// cargo tells by a file's time whether it has changed since it was compiled, which says nothing of another checkout's files: all are
// new in a fresh one, and in an old one those that differ may be older than what was compiled. So every file here gets the time at
// which the cache first saw its content in this place: that of the last run if the content is the same, otherwise the time now.
// usage: node script/build-cache.mjs PID     (the process that has the folder until it ends)

import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const owner = process.argv[2];
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'bulkhead');
const ownerFile = path.join(cache, 'owner');
const timesFile = path.join(cache, 'times.json');

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Makes `owner` the owner of the cache, if the former one has ended. */
function take() {
  execFileSync('mkdir', ['-p', cache]); // which gives up where Node's own way may try for ever
  const former = fs.existsSync(ownerFile) ? Number(fs.readFileSync(ownerFile, 'utf8')) : undefined;
  if (former && isRunning(former)) throw new Error(`run ${former} has the cache ${cache}: which this run would disturb`);
  fs.rmSync(ownerFile, { force: true });
  fs.writeFileSync(ownerFile, owner, { flag: 'wx' });
}

/** What git knows or would add, and neither what is installed nor what is built. */
function sources() {
  const arguments_ = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', arguments_, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return listed.split('\0').filter((file) => file !== '' && fs.lstatSync(file, { throwIfNoEntry: false })?.isFile());
}

const digest = (file) => crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');

function prepare() {
  take();
  const former = fs.existsSync(timesFile) ? JSON.parse(fs.readFileSync(timesFile, 'utf8')) : {};
  const now = Date.now() / 1000;
  const times = {};
  for (const file of sources()) {
    const content = digest(file);
    const time = former[file]?.content === content ? former[file].time : now;
    fs.utimesSync(file, time, time);
    times[file] = { content, time };
  }
  // Written before anything is compiled: a run that stops half-way leaves files that are newer than what was compiled of them.
  fs.writeFileSync(`${timesFile}.new`, JSON.stringify(times));
  fs.renameSync(`${timesFile}.new`, timesFile);
}

try {
  prepare();
  console.log(path.join(cache, 'target'));
} catch (error) {
  console.error(`The user's cache is not used: ${error.message}`);
  process.exitCode = 1;
}

// Says what is wrong with the syntax of a handler's file and of the files beside it that it names. None of them is run.
'use strict';

const childProcess = require('node:child_process');
const fs = require('node:fs');
const modules = require('node:module');
const path = require('node:path');
const url = require('node:url');
const vm = require('node:vm');

const most = 64; // files
const largest = 1 << 20; // bytes of a file
const extensions = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json'];
const [major, minor] = process.versions.node.split('.').map(Number);
const detects = major > 22 || (major === 22 && minor >= 7); // an ECMAScript module by its syntax

function isFile(file) {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function find(...bases) {
  for (const start of bases) {
    for (const extension of extensions) {
      if (isFile(start + extension)) return start + extension;
    }
  }
  return undefined;
}

// The kind of package that a file is in; undefined if it does not say.
function packageType(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (isFile(manifest)) {
      try {
        return JSON.parse(fs.readFileSync(manifest, 'utf8')).type;
      } catch {
        return undefined;
      }
    }
    if (folder === path.dirname(folder)) return undefined;
  }
}

const asScript = (text, file) => vm.compileFunction(text.replace(/^#!.*/, ''), ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file });
const asModule = (text, file) => new vm.SourceTextModule(text, { identifier: file });

function either(text, file) {
  try {
    asScript(text, file);
  } catch (error) {
    if (!/^\s*(import|export)\b/m.test(text)) throw error;
    asModule(text, file);
  }
}

function check(file, text) {
  if (file.endsWith('.json')) return void JSON.parse(text);
  if (/\.[mc]?ts$/.test(file)) {
    if (!modules.stripTypeScriptTypes) return undefined;
    return void either(modules.stripTypeScriptTypes(text), file);
  }
  const type = /\.[mc]js$/.test(file) ? file.at(-3) : packageType(file);
  if (type === 'm' || type === 'module') return void asModule(text, file);
  if (type === undefined && detects) return void either(text, file);
  return void asScript(text, file);
}

const named = /(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

// The error as Node.js tells it of a file that it cannot load, without where we are. Of an ECMAScript module only its own check says
// where in the file it is.
function shown(error, file) {
  let told = String(error.stack);
  if (!told.startsWith(file) && /\.m?js$/.test(file)) {
    const { stderr } = childProcess.spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', env: {} });
    told = (stderr || '').replace(url.pathToFileURL(file).href, file);
  }
  told = told.split('\n\nNode.js')[0].split('\n').filter((line) => !/^\s+at /.test(line)).join('\n').trimEnd();
  return told.startsWith(file) ? told : file + ': ' + error.name + ': ' + error.message;
}

const first = find(process.argv[2]);
const reached = first ? [first] : [];
const wrong = first ? [] : ["Error: Cannot find module '" + path.basename(process.argv[2]) + "' in " + path.dirname(process.argv[2])];
for (let i = 0; i < reached.length; i++) {
  const file = reached[i];
  if (fs.statSync(file).size > largest) continue;
  const text = fs.readFileSync(file, 'utf8');
  try {
    check(file, text);
  } catch (error) {
    wrong.push(shown(error, file));
  }
  for (const match of text.matchAll(named)) {
    const base = path.resolve(path.dirname(file), match[2]);
    const next = find(base, base.replace(/\.[mc]?js$/, ''), path.join(base, 'index')); // TypeScript names what it will become
    if (next && reached.length < most && !reached.includes(next)) reached.push(next);
  }
}
fs.writeSync(1, wrong.join('\n'));

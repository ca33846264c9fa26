// The packages of package.json, wherever they were installed: COUNTERSIGN_BROWSER_NODE_MODULES,
// target/foreign/browser/node_modules, or node_modules beside package.json.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const tests = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(dirname(tests));

const places = [
  process.env.COUNTERSIGN_BROWSER_NODE_MODULES,
  join(root, 'target/foreign/browser/node_modules'),
  join(tests, 'node_modules'),
];
export const modules = places.find((place) => place && existsSync(join(place, 'playwright-core')));
if (!modules) throw new Error('playwright-core is missing: see the head of tests/browser/widget.test.mjs');

const require = createRequire(join(modules, 'anything.js'));
export const { chromium } = require('playwright-core');
export const { argon2id } = require('hash-wasm');
export const axeSource = require('axe-core').source;

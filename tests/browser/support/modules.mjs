// The packages of package.json. All tests of this folder run with one command, after one preparation:
//
//   mkdir -p target/foreign/browser && cp tests/browser/package*.json target/foreign/browser/
//   npm ci --prefix target/foreign/browser --no-audit --no-fund
//   cargo build -p countersign
//   node --test tests/browser/
//
// Environment, all of it optional:
//   COUNTERSIGN_BROWSER_NODE_MODULES  where the packages are (target/foreign/browser/node_modules)
//   COUNTERSIGN_BIN                   the server (target/debug/countersign); server.test.mjs starts it on free ports
//   COUNTERSIGN_CHROMIUM              the browser (/usr/bin/chromium-headless-shell, or /usr/bin/chromium where a test needs all of it)
//   COUNTERSIGN_SCREENSHOTS           a folder for pictures of what is looked at; without it none are taken
import { existsSync, readFileSync } from 'node:fs';
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
if (!modules) throw new Error('playwright-core is missing: see the head of tests/browser/support/modules.mjs');

const require = createRequire(join(modules, 'anything.js'));
export const { chromium } = require('playwright-core');
export const { argon2id } = require('hash-wasm');
export const axeSource = readFileSync(join(modules, 'axe-core/axe.min.js'), 'utf8');
/** The stock ALTCHA widget, and what its servers verify with. */
export const altchaPath = join(modules, 'altcha/dist/main/altcha.i18n.umd.min.cjs');
export const altchaLib = { ...require('altcha-lib'), one: require('altcha-lib/v1'), ...require('altcha-lib/algorithms/pbkdf2') };

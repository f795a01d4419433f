import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { root, text } from '../../package/project';

const folder = 'nodes/shared/admin';

/** What each endpoint requires: opening a port, a scan, and reading files are for users who may deploy. */
const required = [
  'get firmware: esp-at-device.read',
  'get live: LIVE_PERMISSION',
  'get ports: esp-at-device.read',
  'get recording: LIVE_PERMISSION',
  'post certificates: esp-at-device.write, flows.write',
  'post doctor: esp-at-device.write',
  'post networks: esp-at-device.write',
];

it('the admin endpoints: each requires its permission', () => {
  const found = readdirSync(join(root, folder)).flatMap((file) => {
    const source = text(join(folder, file));
    const endpoints = source.matchAll(
      /httpAdmin\.(\w+)\(\s*['`]\/esp-at-websocket\/(\w+)[^'`]*['`],([^]*?)\((?:_?request|\{ query \})/g,
    );
    return [...endpoints].map(([, method, name, guards = '']) => {
      const permissions = [...guards.matchAll(/needsPermission\(\s*'?([\w.-]+)'?\s*\)/g)];
      return `${method} ${name}: ${permissions.map(([, one]) => one).join(', ')}`;
    });
  });
  assert.deepEqual(found.sort(), required);
});

import assert from 'node:assert/strict';
import { SETTINGS_VERSION } from '../../nodes/shared/settings/migrate';
import { isOwn, savedFlows } from '../harness/nodes/saved-flows';
import { asObject, type Json } from '../package/project';
import { idOf } from '../start/demo';
import { inEachEditor } from './harness/shared';

const saved = savedFlows('unversioned');
const echo = saved.get('Echo over the simulated ESP32') ?? [];
const everySetting = saved.get('Every setting') ?? [];
const flows = [...echo, ...everySetting];

inEachEditor('flows saved without a version', (test) => {
  test('run; their dialogs open, and add only what was not stored', { flows }, async (editor) => {
    const { demo } = editor;
    demo.debug.length = 0;
    await demo.press(idOf(echo, 'inject', 'open'));
    await demo.until(() => demo.shown('state').includes('established'), 'the state established');
    await demo.press(idOf(echo, 'inject', 'send text'));
    await demo.until(() => demo.shown('echo').length === 1, 'the echo');

    const ids = everySetting.map(({ id }) => id);
    const before = editor.flows.filter((node) => ids.includes(node.id) && isOwn(node));
    for (const { id, type } of before) {
      if (type === 'esp-at-device') await editor.editConfig(String(id));
      else await editor.edit(String(id));
      await editor.done(type === 'esp-at-device' ? 'node-config-dialog-ok' : 'node-dialog-ok');
    }
    await editor.run('RED.nodes.dirty(true);');
    await editor.deploy();
    const after = new Map((await demo.flows()).map((node) => [node.id, node]));
    for (const node of before) assert.deepEqual(after.get(node.id), upToDate(node));
  });
});

/** What version 1 of the settings did not store. */
const sources: Readonly<Record<string, object>> = {
  'ws-open': { uriType: 'str', subprotocolType: 'str', timeoutType: 'num' },
  'ws-send': { payload: 'payload', payloadType: 'msg', timeoutType: 'num' },
  'ws-close': { codeType: 'num', reasonType: 'str' },
};

/** The same node with its settings as this version stores them. */
function upToDate(node: Json): Json {
  const stored = { ...node, ...sources[String(node.type)], settingsVersion: SETTINGS_VERSION };
  if (node.type !== 'esp-at-device') return stored;
  assert.ok(Array.isArray(node.links));
  const links = node.links.map((link: unknown) => ({ name: '', ...asObject(link, 'link') }));
  return { ...stored, tls0: '', tls1: '', autoRate: false, keepRecordings: false, links };
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asObjects, asText, examples, storedSettings, type Json } from './project';

const own = ['esp-at-device', 'ws-open', 'ws-send', 'ws-request', 'ws-close', 'ws-status'];
/** Nodes of Node-RED itself: an example must not need an installation. */
const core =
  'tab group comment inject debug catch status function change switch template delay subflow websocket-listener mqtt-broker';
const network = 'websocket in,websocket out,http in,http response,mqtt in,mqtt out'.split(',');
/** The one exception: the dashboard example, which names the package in its description. */
const dashboard =
  'ui-base ui-theme ui-page ui-group ui-gauge ui-chart ui-text ui-template ui-button global-config';
const known = new Set([...own, ...core.split(' '), ...network]);

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.flatMap(strings) : typeof value === 'string' ? [value] : [];

describe('examples', () => {
  for (const [path, flow] of examples()) {
    const ids = flow.map(({ id }) => asText(id, 'id'));
    const byId = new Map<string, Json>(flow.map((node) => [asText(node.id, 'id'), node]));

    const properties = new Set(
      flow
        .filter(({ type }) => type === 'subflow')
        .flatMap(({ env }) =>
          asObjects(env, 'env').map(({ name }) => `\${${asText(name, 'name')}}`),
        ),
    );

    it(`${path}: unique IDs, every wire and setting leads to a node`, () => {
      assert.deepEqual(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        [],
      );
      for (const node of flow) {
        const name = `${String(node.type)} ${String(node.name)}`;
        for (const to of strings(node.wires)) assert.ok(byId.has(to), `a wire of ${name}`);
        for (const member of strings(node.nodes)) assert.equal(byId.get(member)?.g, node.id, name);
        for (const field of ['z', 'g', 'device', 'server']) {
          const to = node[field];
          // A property of a subflow is known by each of its instances.
          if (typeof to === 'string' && properties.has(to)) continue;
          if (typeof to === 'string' && to !== '') assert.ok(byId.has(to), `${field} of ${name}`);
        }
      }
    });

    it(`${path}: stores every setting, so that a look into a dialog changes nothing`, () => {
      for (const node of flow.filter(({ type }) => own.includes(String(type)))) {
        const missing = storedSettings(String(node.type)).filter((field) => !(field in node));
        assert.deepEqual(missing, [], `${String(node.type)} ${String(node.name)}`);
      }
    });

    it(`${path}: only nodes of this package and of Node-RED`, () => {
      const extra = path.includes('on a dashboard') ? dashboard.split(' ') : [];
      assert.deepEqual(
        flow
          .map(({ type }) => String(type))
          .filter(
            (type) =>
              !known.has(type) && !extra.includes(type) && !byId.has(type.replace(/^subflow:/, '')),
          ),
        [],
      );
    });

    it(`${path}: has a description and a Catch node, and no secrets`, () => {
      const [tab] = flow;
      assert.equal(tab?.type, 'tab');
      assert.ok(asText(tab.info, 'info').length > 100);
      assert.ok(flow.some(({ type }) => type === 'comment'));
      assert.ok(flow.some(({ type }) => type === 'catch'));
      assert.ok(flow.every((node) => !('credentials' in node)));
      for (const device of flow.filter(({ type }) => type === 'esp-at-device')) {
        assert.match(asText(device.port, 'port'), /^sim:/);
      }
    });

    it(`${path}: on the grid, with every status in sight`, () => {
      const placed = flow.filter(({ x, type }) => typeof x === 'number' && type !== 'group');
      for (const { x, y, name } of placed) {
        assert.equal(Number(y) % 20, 0, String(name));
        assert.equal(Number(x) % 10, 0, String(name));
      }
      for (const node of placed.filter(({ type }) => /^(ws-|websocket )/.test(String(type)))) {
        const [x, y] = [Number(node.x), Number(node.y)];
        const hiding = placed.filter((other) => {
          const [dx, dy] = [Math.abs(Number(other.x) - x), Number(other.y) - y];
          return other.z === node.z && dx < 120 && dy > 0 && dy < 60;
        });
        assert.deepEqual(hiding, [], `the status below ${String(node.name)} is hidden`);
      }
    });
  }

  it('imported together: no ID, port or path is used twice', () => {
    const all = [...examples().values()].flat();
    const of = (field: string, type?: string) =>
      all.filter((node) => type === undefined || node.type === type).map((node) => node[field]);
    for (const values of [
      of('id'),
      of('port', 'esp-at-device'),
      of('path', 'websocket-listener'),
      of('url', 'http in'),
    ]) {
      assert.equal(new Set(values).size, values.length);
    }
  });

  it('nodes that show an error have one name', () => {
    const shown = [...examples().values()]
      .flat()
      .filter(({ rules }) => JSON.stringify([rules]).includes('& error.message'));
    assert.deepEqual([...new Set(shown.map(({ name }) => name))], ['code and message']);
  });
});

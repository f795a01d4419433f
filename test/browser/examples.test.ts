import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { asObjects, examples, type Json } from '../package/project';
import { inEachEditor } from './harness/shared';

/** Pixels: what a usual screen shows; and a gap between nodes in which a wire, or a status, can be seen. */
const limits = { width: 1400, across: 15, down: 5 };

/** Says what is wrong with the canvas `args.z`: nodes too far right, too close to each other, or under a wire. */
const flaws = `
  RED.workspaces.show(args.z);
  RED.view.redraw(true, true);
  const nameOf = ({ name, type }) => name || type;
  const boxes = RED.nodes.filterNodes({ z: args.z }).map((node) => {
    const { id, x, y, w, h, _def } = node;
    const button = _def.button ? 26 : 0; // It stands out at one side.
    const [before, after] = _def.align === 'right' ? [0, button] : [button, 0];
    return { id, name: nameOf(node), left: x - w / 2 - before, right: x + w / 2 + after, top: y - h / 2, bottom: y + h / 2 };
  });
  const found = boxes
    .filter(({ left, right }) => left < 0 || right > args.width)
    .map(({ name, left, right }) => name + ' is at ' + left + ' to ' + right);
  for (const [index, one] of boxes.entries()) {
    for (const other of boxes.slice(index + 1)) {
      const across = Math.max(one.left, other.left) - Math.min(one.right, other.right);
      const down = Math.max(one.top, other.top) - Math.min(one.bottom, other.bottom);
      if (across < args.across && down < args.down) found.push(one.name + ' touches ' + other.name);
    }
  }
  let wires = 0;
  for (const group of document.querySelectorAll('#red-ui-workspace-chart .red-ui-flow-link')) {
    const { source, target } = group.__data__;
    const line = group.querySelector('.red-ui-flow-link-line');
    const length = line.getTotalLength();
    wires++;
    const others = boxes.filter(({ id }) => id !== source.id && id !== target.id);
    const points = Array.from({ length: Math.ceil(length / 3) }, (_, step) => line.getPointAtLength(step * 3));
    for (const { name, left, right, top, bottom } of others) {
      const isCrossed = points.some(({ x, y }) => x > left && x < right && y > top - 2 && y < bottom + 2);
      if (isCrossed) found.push(nameOf(source) + ' to ' + nameOf(target) + ' crosses ' + name);
    }
  }
  return { found, wires };`;

inEachEditor('example flows', (test) => {
  test('fit a usual screen, with nodes apart and no wire across a node', async (editor) => {
    for (const [path, flow] of examples()) {
      const canvases = flow.filter(({ type }) => type === 'tab' || type === 'subflow');
      const isThere = await editor.run('return RED.workspaces.contains(args);', canvases[0]?.id);
      if (isThere !== true) await editor.place(flow);
      for (const canvas of canvases) {
        const seen = await editor.run(flaws, { z: canvas.id, ...limits });
        const here = flow.filter(({ z }) => z === canvas.id);
        const { in: inputs = [], out = [], status = [] } = canvas;
        const ports = [inputs, out, status].flat();
        const wires = [...here, ...asObjects(ports, 'ports')].reduce(
          (sum, node) => sum + wiresOf(node),
          0,
        );
        assert.deepEqual(seen, { found: [], wires }, basename(path));
      }
    }
  });
});

/** How many wires a node, or an end of a subflow, has in the file. */
function wiresOf({ wires }: Json): number {
  return Array.isArray(wires) ? wires.flat().length : 0;
}

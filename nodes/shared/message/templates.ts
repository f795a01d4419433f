import { Context, Writer } from 'mustache';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { isTemplate, mustacheFlaw } from '../checks/template';
import { NodeError } from '../errors/node-error';
import { calledBack } from '../settings/called-back';
import { environment } from '../settings/settings';

/** `flow.key`, `global.key`, or with a context store `flow[store].key`. */
const CONTEXT_NAME = /^(flow|global)(?:\[(\w+)\])?\.(.+)$/;
const ENVIRONMENT_NAME = /^env\.(.+)$/;

const writer = new Writer();

/**
 * Renders a Mustache template over the message's properties (also as `msg.…`), `flow.…`, `global.…` and
 * `env.…`, without HTML escaping. Unknown names are empty.
 * @param field names the template in errors
 * @throws NodeError `TEMPLATE_FAILED`
 */
export async function render(
  RED: NodeAPI,
  node: Node,
  template: string,
  msg: NodeMessage,
  field: string,
): Promise<string> {
  if (!isTemplate(template)) return template;
  try {
    const known = await lookUp(RED, node, namesIn(writer.parse(template)));
    // Reads no property that the template does not name: its getter may throw.
    const view: unknown = Object.create(msg, { msg: { value: msg } });
    return writer.render(template, new FlowContext(view, known), undefined, {
      escape: String,
    });
  } catch (error) {
    throw new NodeError('TEMPLATE_FAILED', { field, ...mustacheFlaw(error) });
  }
}

/** Looks up names in values that were read before: Mustache cannot wait for a flow context. */
class FlowContext extends Context {
  readonly #known: ReadonlyMap<string, unknown>;

  constructor(view: unknown, known: ReadonlyMap<string, unknown>, parent?: Context) {
    super(view, parent);
    this.#known = known;
  }

  override push(view: unknown): Context {
    return new FlowContext(view, this.#known, this);
  }

  override lookup(name: string): unknown {
    return this.#known.has(name) ? this.#known.get(name) : super.lookup(name);
  }
}

/** The names in parsed Mustache tokens, `[type, name, start, end, tokens?, …]`. */
function namesIn(tokens: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (!Array.isArray(tokens)) return found;
  for (const token of tokens as readonly unknown[]) {
    if (!Array.isArray(token)) continue;
    const [type, name, , , inner] = token as readonly unknown[];
    if (type !== 'text' && typeof name === 'string') found.add(name);
    namesIn(inner, found);
  }
  return found;
}

async function lookUp(
  RED: NodeAPI,
  node: Node,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, unknown>> {
  const known = new Map<string, unknown>();
  for (const name of names) {
    const variable = ENVIRONMENT_NAME.exec(name)?.[1];
    if (variable !== undefined) known.set(name, environment(RED, node, variable));
    const [, scope, store, key] = CONTEXT_NAME.exec(name) ?? [];
    if (key === undefined) continue;
    const context = scope === 'flow' ? node.context().flow : node.context().global;
    known.set(name, await calledBack<unknown>((callback) => context.get(key, store, callback)));
  }
  return known;
}

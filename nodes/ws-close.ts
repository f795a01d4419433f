import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { shown } from '../driver/values/text';
import { EspAtError } from '../driver/errors';
import type { CloseOptions } from '../driver/link/options';
import { isFixed, type Source } from './shared/checks/source';
import type { FlowName } from './shared/errors/node-error';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { onInput, type Send } from './shared/message/input';
import { chosenLink, type LinkSetting } from './shared/settings/link-setting';
import { NodeStatus } from './shared/status/node-status';
import { UnderWay } from './shared/device/under-way';
import { settingNumber, settingText } from './shared/settings/settings';
import { readAll, settingSource, type ReadSetting } from './shared/settings/sources';
import { migrate } from './shared/settings/migrate';
import { translator } from './shared/message/translate';

/** The settings of ws-close as the dialog stores them. */
interface WsCloseDef extends NodeDef {
  device?: string;
  /** A link, `msg` for the one in `msg.linkId`, or `all`. */
  link?: string | number;
  mode?: 'graceful' | 'now';
  code?: string | number;
  codeType?: Source;
  reason?: string;
  reasonType?: Source;
}

/** The node `ws-close`. */
export default function wsClose(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsClose(this: Node, def: WsCloseDef): void {
    RED.nodes.createNode(this, def);
    const closer = new Closer(RED, this, migrate('ws-close', def));
    onInput(this, translate, (msg, send) => closer.close(msg, send), closer.status);
    this.on('close', () => closer.end());
  }

  RED.nodes.registerType('ws-close', WsClose);
}

/** Closes links. */
class Closer {
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #options: CloseOptions;
  readonly #readCode: ReadSetting;
  readonly #readReason: ReadSetting;
  readonly status: NodeStatus;
  readonly #underWay = new UnderWay();

  constructor(RED: NodeAPI, node: Node, def: WsCloseDef) {
    this.#link = settingText(RED, node, def.link);
    const { code, codeType, reason, reasonType } = def;
    const graceful = def.mode !== 'now';
    this.#options = {
      graceful,
      code: (isFixed(codeType) ? settingNumber(RED, node, code) : undefined) ?? 1000,
      reason: isFixed(reasonType) ? settingText(RED, node, reason) : '',
    };
    // Without a close frame, neither is used.
    const source = (name: FlowName, value: unknown, type: Source | undefined, property: string) =>
      graceful
        ? (settingSource(RED, node, name, value, type) ?? ((msg: NodeMessage) => msg[property]))
        : () => undefined;
    this.#readCode = source('closeCode', code, codeType, 'code');
    this.#readReason = source('closeReason', reason, reasonType, 'reason');
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link);
    this.#device?.host.attach(this.status);
  }

  /** Passes the message on when the link, or every link, is closed. */
  async close(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const { host, inputs } = requireDevice(this.#device);
    const ids = this.#link === 'all' ? [0, 1, 2] : [chosenLink(this.#link, msg)];
    const links = ids.map((id) => host.link(id));
    const read = readAll(msg, [this.#readCode, this.#readReason]);
    const options =
      read instanceof Promise ? read.then((values) => this.#with(values)) : this.#with(read);
    await this.#underWay.run(async (signal) => {
      const closing = links.map((link) =>
        inputs[link.id].begin(options, (ready) => link.close({ ...ready, signal })),
      );
      // Waits for all links before it reports the failure of one.
      await Promise.allSettled(closing);
      await Promise.all(closing);
    });
    send(msg);
  }

  /** @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD` */
  #with([code, reason]: readonly unknown[]): CloseOptions {
    return {
      ...this.#options,
      code: messageCode(code) ?? this.#options.code,
      reason: messageReason(reason) ?? this.#options.reason,
    };
  }

  /** Stops waiting for the links that inputs are closing. The driver goes on closing them. */
  end(): void {
    this.#underWay.end();
    this.status.end();
    this.#device?.host.detach(this.status);
  }
}

/** @throws EspAtError `INVALID_CLOSE_CODE` */
function messageCode(code: unknown): number | undefined {
  if (code === undefined || code === null || code === '') return undefined;
  const number = typeof code === 'string' ? Number(code) : code;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw new EspAtError('INVALID_CLOSE_CODE', { closeCode: shown(code) });
}

/** @throws EspAtError `INVALID_PAYLOAD` */
function messageReason(reason: unknown): string | undefined {
  if (reason === undefined || reason === null) return undefined;
  if (typeof reason === 'string') return reason;
  throw new EspAtError('INVALID_PAYLOAD', { reason: 'CLOSE_REASON_NOT_TEXT' });
}

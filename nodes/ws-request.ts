import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { EspAtError } from '../driver/errors';
import { toCaughtError } from './shared/errors/caught-error';
import { isFlowError, type FlowError } from './shared/errors/node-error';
import type { Reply, RequestOptions } from '../driver/link/request/options';
import { isFixed, type Source } from './shared/checks/source';
import { checks } from './shared/checks/ws-request';
import type { DeviceApi } from './shared/device/device-api';
import type { DeviceUser } from './shared/device/device-host-options';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { chosenLink, type LinkSetting } from './shared/device/link-setting';
import { NodeStatus } from './shared/device/node-status';
import { UnderWay } from './shared/device/under-way';
import { onInput, type Send } from './shared/message/input';
import { messageTimeout } from './shared/message/open-settings';
import { outgoing } from './shared/message/outgoing';
import { PayloadDecoder, type Output } from './shared/message/payload-decoder';
import { replyMatch, type MatchFor, type ReplyMatchDef } from './shared/message/reply-match';
import { expandedSettings, refusalOf } from './shared/message/setting-checks';
import { settingNumber, settingText } from './shared/message/settings';
import { reader, readAll, settingSource, type ReadSetting } from './shared/message/sources';
import { translator, type Translate } from './shared/message/translate';
import { migrate } from './shared/settings/migrate';

const LONGEST_TIMEOUT_MS = 86_400_000;

/** The settings of ws-request as the dialog stores them. */
export interface WsRequestDef extends NodeDef, ReplyMatchDef {
  device?: string;
  link?: string | number;
  /** What to send: a property of the message unless `payloadType` says otherwise. */
  payload?: string;
  payloadType?: Source;
  /** Milliseconds; empty is the driver's default. */
  timeout?: string | number;
  timeoutType?: Source;
  output?: Output;
  /** Whether ws-open sends the reply on, too. */
  replies?: 'both' | 'here';
  /** Where a reply goes that comes too late. */
  late?: 'open' | 'output' | 'drop';
  whenAway?: 'fail' | 'hold';
  holdSeconds?: string | number;
}

/** The node `ws-request`. */
export default function wsRequest(RED: NodeAPI): void {
  const translate = translator(RED);

  function WsRequest(this: Node, def: WsRequestDef): void {
    RED.nodes.createNode(this, def);
    const requester = new Requester(RED, this, translate, migrate('ws-request', def));
    onInput(this, translate, (msg, send) => requester.request(msg, send), requester.status);
    this.on('close', () => requester.end());
  }

  RED.nodes.registerType('ws-request', WsRequest);
}

/** Sends requests over links, and passes on their replies. */
class Requester implements DeviceUser {
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #payloadOf: ReadSetting;
  readonly #timeoutOf: ReadSetting;
  readonly #timeout: number | undefined;
  readonly #holdSeconds: number;
  /** Options that are the same for every message. */
  readonly #fixed: Pick<RequestOptions, 'emitReply' | 'emitLate'>;
  /** Whether a late reply goes to the second output. */
  readonly #outputsLate: boolean;
  readonly #output: Output;
  readonly #match: MatchFor;
  readonly #refusal: FlowError | undefined;
  readonly #underWay = new UnderWay();
  readonly status: NodeStatus;
  #count = 0;

  constructor(RED: NodeAPI, node: Node, translate: Translate, def: WsRequestDef) {
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    const { payload = 'payload', payloadType = 'msg', timeout, timeoutType } = def;
    this.#payloadOf = reader(RED, node, 'payload', payload, payloadType);
    this.#timeoutOf =
      settingSource(RED, node, 'timeout', timeout, timeoutType) ?? ((msg) => msg.timeout);
    this.#timeout = isFixed(timeoutType) ? settingNumber(RED, node, timeout) : undefined;
    this.#holdSeconds =
      def.whenAway === 'hold' ? (settingNumber(RED, node, def.holdSeconds) ?? 30) : 0;
    const { late = 'open', replies = 'both' } = def;
    this.#fixed = { emitReply: replies === 'both', emitLate: late === 'open' };
    this.#outputsLate = late === 'output';
    this.#output = def.output ?? 'auto';
    const refusal = refusalOf(checks, expandedSettings(RED, node, def));
    const match = refusal ?? matchOf(RED, node, def);
    this.#refusal = isFlowError(match) ? match : undefined;
    // Never called beside a refusal: `request()` throws that first.
    this.#match = isFlowError(match) ? () => ({ by: 'next' }) : match;
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link);
    this.#device?.host.attach(this);
  }

  /** Passes the message on with the reply as its payload. */
  async request(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const link = requireDevice(this.#device).host.link(chosenLink(this.#link, msg));
    if (this.#refusal) throw this.#refusal;
    const read = readAll(msg, [this.#payloadOf, this.#timeoutOf]);
    const [value, timeout] = read instanceof Promise ? await read : read;
    const { payload, opcode } = outgoing(value, msg.opcode);
    const replyTimeoutMs = messageTimeout(timeout, 1, LONGEST_TIMEOUT_MS) ?? this.#timeout;
    this.#addCount(1);
    try {
      const reply = await this.#underWay.run((signal) =>
        link.request(payload, {
          ...this.#fixed,
          // A condition sees what is sent as the payload of the request.
          match: this.#match({ ...msg, payload: value }),
          opcode,
          holdMs: this.#holdSeconds * 1000,
          signal,
          ...(replyTimeoutMs === undefined ? {} : { replyTimeoutMs }),
          onLate: (late) => this.#late(late, msg),
        }),
      );
      msg.payload = this.#payload(reply);
    } finally {
      this.#addCount(-1);
    }
    send([msg, null]);
  }

  /** Ends the requests under way. */
  end(): void {
    this.status.end();
    this.#underWay.end();
    this.#device?.host.detach(this);
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.status.deviceChanged(device);
  }

  #late(reply: Reply, msg: NodeMessageInFlow): void {
    if (!this.#outputsLate || this.#underWay.ended) return;
    try {
      this.#node.send([null, { ...msg, payload: this.#payload(reply) }]);
    } catch (error) {
      this.#node.warn(toCaughtError(this.#translate, error).message);
    }
  }

  /** @throws NodeError `NOT_JSON` */
  #payload({ message, json }: Reply): unknown {
    if (this.#output === 'auto' && json !== undefined) return json;
    // Any framing but `chunk`: a reply is a whole message.
    return new PayloadDecoder(this.#output, 'json').payload(message);
  }

  #addCount(more: number): void {
    this.#count += more;
    const count = this.#count;
    this.status.setWords(count === 0 ? undefined : { key: 'status.underWay', values: { count } });
  }
}

function matchOf(RED: NodeAPI, node: Node, def: WsRequestDef): MatchFor | EspAtError {
  try {
    return replyMatch(RED, node, def);
  } catch (error) {
    if (error instanceof EspAtError) return error;
    throw error;
  }
}

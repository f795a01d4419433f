import { isUtf8 } from 'node:buffer';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { parseJson } from '../driver/link/request/matcher';
import { EspAtError } from '../driver/errors';
import { toCaughtError } from './shared/errors/caught-error';
import { isFlowError, type FlowError } from './shared/errors/node-error';
import type { Reply, RequestOptions } from '../driver/link/request/options';
import { checks, timeoutRange } from './shared/checks/ws-request';
import { findDevice, requireDevice, type DeviceNode } from './shared/device/device-node';
import { chosenLink, type LinkSetting } from './shared/settings/link-setting';
import { NodeStatus } from './shared/status/node-status';
import { UnderWay } from './shared/device/under-way';
import { onInput, type Send } from './shared/message/input';
import type { LinkApi } from './shared/device/device-api';
import {
  SendContentReader,
  type SendContent,
  type SendContentDef,
} from './shared/message/send-content';
import { PayloadDecoder, type PayloadFormat } from './shared/message/payload-decoder';
import { replyMatch, type MatchFor, type ReplyMatchDef } from './shared/message/reply-match';
import { expandedSettings, refusalOf, settingText } from './shared/settings/settings';
import { translator, type Translate } from './shared/message/translate';
import { changed, copyOf } from './shared/message/changed';
import { migrate } from './shared/settings/migrate';

/** The settings of ws-request as the dialog stores them. */
interface WsRequestDef extends SendContentDef, ReplyMatchDef {
  output?: PayloadFormat;
  /** Whether ws-open sends the reply on, too. */
  replies?: 'both' | 'here';
  /** Where a late reply goes. */
  late?: 'open' | 'output' | 'drop';
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
class Requester {
  readonly #node: Node;
  readonly #translate: Translate;
  readonly #device: DeviceNode | undefined;
  readonly #link: LinkSetting;
  readonly #content: SendContentReader;
  /** Options that are the same for every message. */
  readonly #fixed: Pick<RequestOptions, 'emitReply' | 'emitLate'>;
  /** Whether a late reply goes to the second output. */
  readonly #outputsLate: boolean;
  readonly #format: PayloadFormat;
  /** Makes the match of each request; the error of the settings where they are refused. */
  readonly #match: MatchFor | FlowError;
  readonly #underWay = new UnderWay();
  readonly status: NodeStatus;

  constructor(RED: NodeAPI, node: Node, translate: Translate, def: WsRequestDef) {
    this.#node = node;
    this.#translate = translate;
    this.#link = settingText(RED, node, def.link);
    this.#content = new SendContentReader(RED, node, def, timeoutRange);
    const { late = 'open', replies = 'both' } = def;
    this.#fixed = { emitReply: replies === 'both', emitLate: late === 'open' };
    this.#outputsLate = late === 'output';
    this.#format = def.output ?? 'auto';
    this.#match = refusalOf(checks, expandedSettings(RED, node, def)) ?? matchOf(RED, node, def);
    this.#device = findDevice(RED, def.device);
    this.status = new NodeStatus(RED, node, this.#device, this.#link);
    this.#device?.host.attach(this.status);
  }

  /** Passes the message on with the reply as its payload. */
  async request(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const { host, inputs } = requireDevice(this.#device);
    const link = host.link(chosenLink(this.#link, msg));
    const matchFor = this.#match;
    if (isFlowError(matchFor)) throw matchFor;
    const answer = await inputs[link.id].begin(this.#content.read(msg), (content) =>
      this.#reply(link, content, matchFor, msg),
    );
    send([changed(msg, (answered) => (answered.payload = answer)), null]);
  }

  /** Sends a request; resolves with the payload of its reply. */
  async #reply(
    link: LinkApi,
    { value, payload, opcode, timeoutMs }: SendContent,
    matchFor: MatchFor,
    msg: NodeMessageInFlow,
  ): Promise<unknown> {
    try {
      const reply = await this.#underWay.run((signal) => {
        this.#showCount();
        return link.request(payload, {
          ...this.#fixed,
          match: matchFor(msg, value),
          opcode,
          holdMs: this.#content.holdMs,
          signal,
          ...(timeoutMs === undefined ? {} : { replyTimeoutMs: timeoutMs }),
          onLate: (late) => this.#takeLate(late, msg),
        });
      });
      return this.#payload(reply);
    } finally {
      this.#showCount();
    }
  }

  /** Ends the requests under way. */
  end(): void {
    this.status.end();
    this.#underWay.end();
    this.#device?.host.detach(this.status);
  }

  #takeLate(reply: Reply, msg: NodeMessageInFlow): void {
    if (!this.#outputsLate || this.#underWay.ended) return;
    try {
      this.#node.send([null, { ...copyOf(msg), payload: this.#payload(reply) }]);
    } catch (error) {
      this.#node.warn(toCaughtError(this.#translate, error).message);
    }
  }

  /** @throws NodeError `NOT_JSON` */
  #payload({ message, json }: Reply): unknown {
    if (this.#format === 'auto' && isUtf8(message.bytes)) {
      // The driver has parsed it only where it looked for an ID or a condition.
      const parsed = json ?? parseJson(message.bytes.toString());
      if (parsed !== undefined) return parsed;
    }
    // Any framing but `chunk`: a reply is a whole message.
    return new PayloadDecoder(this.#format, 'json').payload(message);
  }

  #showCount(): void {
    const { count } = this.#underWay;
    this.status.setWords(count === 0 ? undefined : { key: 'status.underWay', values: { count } });
  }
}

function matchOf(RED: NodeAPI, node: Node, def: WsRequestDef): MatchFor | FlowError {
  try {
    return replyMatch(RED, node, def);
  } catch (error) {
    if (error instanceof EspAtError) return error;
    throw error;
  }
}

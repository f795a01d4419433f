import type { FakeLink } from '../../harness/nodes/fake-device';

/** The value of a setting that the driver got with the first call of a link; undefined before that. */
type Given = (link: FakeLink) => unknown;

/** What the driver gets of each setting, by node type and field. */
export const given: Readonly<Record<string, Readonly<Record<string, Given>>>> = {
  'ws-open': {
    uri: ({ opened }) => opened[0]?.uri,
    subprotocol: ({ opened }) => opened[0]?.subprotocol,
    authorization: ({ opened }) => opened[0]?.authorization,
    timeout: ({ opened }) => opened[0]?.timeoutMs,
    maxMessage: ({ opened }) => opened[0]?.maxMessageBytes,
    delimiter: ({ opened }) => opened[0]?.framing,
    silence: ({ opened }) => opened[0]?.framing,
    'headers.name': ({ opened }) => opened[0]?.headers?.[0]?.name,
    'headers.value': ({ opened }) => opened[0]?.headers?.[0]?.value,
  },
  'ws-send': {
    payload: ({ sent }) => sent[0]?.payload,
    timeout: ({ sent }) => sent[0]?.options.timeoutMs,
    holdSeconds: ({ sent }) => sent[0]?.options.holdMs,
  },
  'ws-request': {
    payload: ({ requests }) => requests[0]?.payload,
    timeout: ({ requests }) => requests[0]?.options.replyTimeoutMs,
    holdSeconds: ({ requests }) => requests[0]?.options.holdMs,
    requestPath: (link) => pathsOf(link)?.request,
    replyPath: (link) => pathsOf(link)?.reply,
  },
  'ws-close': {
    code: ({ closed }) => closed[0]?.code,
    reason: ({ closed }) => closed[0]?.reason,
  },
};

function pathsOf({ requests }: FakeLink) {
  const match = requests[0]?.options.match;
  return match?.by === 'property' ? match : undefined;
}

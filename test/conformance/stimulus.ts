import type { Action } from './actions';
import type { Report } from './reports';

/** An action, the link it is for, and in how many milliseconds it is due. */
export interface Stimulus {
  readonly action: Action;
  readonly link: number;
  readonly at: number;
}

/** For the report: what is done, in words. */
export function inWords({ action, link }: Stimulus): string {
  switch (action.kind) {
    case 'frames': {
      const frames = action.frames.map(
        ({ opcode, fin, payload }) => `[op=${opcode} fin=${fin ? 1 : 0} len=${payload.length}]`,
      );
      return `the server sends ${frames.join(' ')} on link ${link}`;
    }
    case 'half':
      return `the server sends ${action.sent} of ${action.frame.payload.length} bytes of a frame on link ${link}`;
    case 'close':
      return `the server sends a close frame on link ${link}`;
    case 'drop':
      return `the server drops TCP on link ${link}`;
    case 'certificate':
      return `the server shows a certificate that is ${action.which}`;
    case 'rest':
    case 'bytes':
      return `the server sends ${action.kind} on link ${link}`;
    default:
      return `${action.kind}: ${action.value}`;
  }
}

/** Kinds of reports that an action leads to. */
export function leadsTo(action: Action): readonly Report['kind'][] {
  switch (action.kind) {
    case 'frames':
    case 'half':
    case 'rest':
      return ['data'];
    case 'bytes':
      return ['data', 'closed', 'disconnected'];
    case 'close':
      return ['closed'];
    case 'drop':
      return ['disconnected'];
    case 'listens':
    case 'reachable':
    case 'answers pings':
    case 'reads':
    case 'certificate':
      return ['disconnected', 'connected'];
    case 'host reads':
      return [];
    case 'ends tcp':
    case 'answers closes':
      return ['closed', 'disconnected'];
    case 'access point':
      return ['wifi', 'disconnected', 'connected'];
    case 'power':
      return ['ready', 'wifi', 'disconnected'];
  }
}

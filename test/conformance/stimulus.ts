import type { Action } from './actions';

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

/** Whether an action brings data to the device. */
export function sendsData({ kind }: Action): boolean {
  return kind === 'frames' || kind === 'half' || kind === 'rest' || kind === 'bytes';
}

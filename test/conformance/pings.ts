import type { Action, TimedAction } from './actions';

/** A ping whose payload no words tell has that of its pong; pongs without a ping stand for one. */
export function withPongs(
  titled: readonly TimedAction[],
  pongs: readonly Buffer[],
): { actions: TimedAction[]; extra: Action[] } {
  const open = [...pongs];
  const actions = titled.map((timed): TimedAction => {
    if (!isPing(timed.action)) return timed;
    const [frame] = timed.action.frames;
    const known = open.findIndex((pong) => frame && pong.equals(frame.payload));
    const [payload] = open.splice(Math.max(0, known), 1);
    if (!frame || !payload || frame.payload.length > 0) return timed;
    return { ...timed, action: { kind: 'frames', frames: [{ ...frame, payload }] } };
  });
  const extra = open.map((payload): Action => ({
    kind: 'frames',
    frames: [{ fin: true, opcode: 9, payload }],
  }));
  return { actions, extra };
}

export function isPing(action: Action): action is Extract<Action, { kind: 'frames' }> {
  return action.kind === 'frames' && action.frames.every(({ opcode }) => opcode === 9);
}

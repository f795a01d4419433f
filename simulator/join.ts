import type { AccessPoint } from './options';

/** Milliseconds until a search without result, or a wrong password, is given up. */
const searchTime = 2500;
const refusalTime = 3500;

/** Outcomes of a join: 0 joined, otherwise the number of `+CWJAP:`. */
export const joinResult = {
  joined: 0,
  timeout: 1,
  wrongPassword: 2,
  noSuchNetwork: 3,
  failed: 4,
} as const;
export type JoinResult = (typeof joinResult)[keyof typeof joinResult];

export interface Credentials {
  readonly ssid: string;
  readonly password: string;
  readonly bssid?: string;
}

export interface JoinOptions {
  /** Whether it is joined again after a restart. */
  readonly store: boolean;
  /** Milliseconds that it may take. */
  readonly timeout: number;
  /** Seconds between attempts to come back once it is lost; 0 for none, default 1. */
  readonly reconnectInterval?: number;
}

/** What asking to be let in comes to. */
export type Admission =
  | { readonly kind: 'admitted'; readonly point: AccessPoint }
  /** `after` how many milliseconds at most that is known. */
  | { readonly kind: 'rejected'; readonly result: JoinResult; readonly after: number };

/** Asks the access point that was found, if one was. */
export function admission(point: AccessPoint | undefined, { password }: Credentials): Admission {
  const rejected = (result: JoinResult, after: number): Admission => ({
    kind: 'rejected',
    result,
    after,
  });
  if (!point) return rejected(joinResult.noSuchNetwork, searchTime);
  if (point.answer === 'none') return rejected(joinResult.timeout, Infinity);
  if (point.answer === 'refusal') return rejected(joinResult.failed, refusalTime);
  if (point.password === '' || point.password === password) return { kind: 'admitted', point };
  return rejected(joinResult.wrongPassword, refusalTime);
}
